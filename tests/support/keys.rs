//! A keyboard, and nothing else.

use serde_json::json;

use super::{page::text, phone::Phone, wait::until};

/// More presses than any screen has things to press.
const MOST: usize = 120;

impl Phone {
    /// Presses a key: `Tab`, `Enter`, `Escape`, ` ` or an arrow.
    pub async fn key(&self, key: &str) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            " " => (32, " "),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            other => panic!("the keyboard has no key {other}"),
        };
        let name = if key == " " { "Space" } else { key };
        let key = |kind: &str| json!({ "type": kind, "key": key, "code": name, "windowsVirtualKeyCode": code, "text": text });
        let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
        self.devtools("Input.dispatchKeyEvent", key(down)).await;
        self.devtools("Input.dispatchKeyEvent", key("keyUp")).await;
    }

    /// Types into what has the focus.
    pub async fn type_there(&self, words: &str) {
        self.devtools("Input.insertText", json!({ "text": words })).await;
    }

    /// Presses the tab key until the focus is on this, and sees it at every stop.
    pub async fn tab_to(&self, name: &str) {
        let mut stops = Vec::new();
        for _ in 0..MOST {
            self.key("Tab").await;
            let here = self.focus().await;
            if here == name {
                return;
            }
            stops.push(here);
        }
        panic!("The tab key never comes to {name}, only to {stops:?}");
    }

    /// Chooses one of a group of radio buttons with the arrow keys, after the tab key has come to the group.
    pub async fn choose_by_keys(&self, first: &str, wanted: &str) {
        self.tab_to(first).await;
        self.key(" ").await;
        for _ in 0..MOST {
            if self.focus().await == wanted {
                return;
            }
            self.key("ArrowDown").await;
        }
        panic!("the arrow keys never come to {wanted}");
    }

    /// Waits until the focus is on this.
    pub async fn focus_goes_to(&self, name: &str) {
        until(&format!("see the focus on {name}"), async || match self.focus().await {
            here if here == name => Ok(()),
            other => Err(other),
        })
        .await;
    }

    /// The name of what has the focus, which can be seen to have it.
    async fn focus(&self) -> String {
        text(self.ask("focus", vec![]).await.unwrap_or_else(|error| panic!("{error}"))).expect("a name")
    }
}
