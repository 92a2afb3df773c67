//! Several tabs in one browser.

use fantoccini::wd::WindowHandle;
use serde_json::json;

use super::phone::Phone;

/// A tab.
pub struct Tab(WindowHandle);

impl Phone {
    /// The tab that is in front.
    pub async fn tab(&self) -> Tab {
        Tab(self.client().window().await.expect("a tab is in front"))
    }

    /// Opens one more tab and brings it to the front.
    pub async fn new_tab(&self) -> Tab {
        let opened = self.client().new_window(true).await.expect("a tab can be opened");
        let tab = Tab(opened.handle);
        self.show(&tab).await;
        tab
    }

    /// Brings a tab to the front.
    pub async fn show(&self, tab: &Tab) {
        self.client().switch_to_window(tab.0.clone()).await.expect("a tab can be shown");
        // To the driver a switch is only a change of address; to a person the other tab is hidden from now on.
        self.devtools("Page.bringToFront", json!({})).await;
    }

    /// Closes a tab and brings another one to the front.
    pub async fn close_tab(&self, tab: Tab, next: &Tab) {
        self.client().switch_to_window(tab.0).await.expect("a tab can be shown");
        self.client().close_window().await.expect("a tab can be closed");
        self.show(next).await;
    }

    /// Closes every other tab.
    pub async fn close_all_but(&self, kept: &Tab) {
        for tab in self.client().windows().await.expect("a browser has tabs") {
            if tab != kept.0 {
                self.client().switch_to_window(tab).await.expect("a tab can be shown");
                self.client().close_window().await.expect("a tab can be closed");
            }
        }
        self.show(kept).await;
    }
}
