//! What a person sees and presses. Everything waits until it is there.

use std::time::Duration;

use fantoccini::elements::Element;
use serde_json::{Value, json};

use super::{
    phone::Phone,
    wait::{PATIENCE, until, until_within},
};

const PAGE: &str = include_str!("page.js");

impl Phone {
    /// Asks `page.js` once.
    pub(super) async fn ask(&self, question: &str, mut details: Vec<Value>) -> Result<Value, String> {
        details.insert(0, question.into());
        self.run(PAGE, details).await
    }

    /// Asks `page.js` for a thing, or a thing and more.
    pub(super) async fn find(&self, question: &str, details: Vec<Value>) -> Result<(Element, Value), String> {
        let (thing, more) = match self.ask(question, details).await? {
            Value::Array(mut parts) if parts.len() == 2 => {
                let more = parts.pop().unwrap_or_default();
                (parts.pop().unwrap_or_default(), more)
            }
            thing => (thing, Value::Null),
        };
        let id: Option<String> =
            thing.as_object().and_then(|map| Some(map.values().next()?.as_str()?.to_owned()));
        let id = id.ok_or_else(|| format!("no element but {thing}"))?;
        Ok((Element::from_element_id(self.client(), id.into()), more))
    }

    /// Presses a button or follows a link of this name.
    pub async fn press(&self, name: &str) {
        until(&format!("press {name}"), async || self.tap("press", vec![name.into()]).await).await;
    }

    /// Follows the one row of a list that holds these words.
    pub async fn press_row(&self, words: &str) {
        until(&format!("press the row with {words}"), async || self.tap("row", vec![words.into()]).await)
            .await;
    }

    /// Presses the one button whose name holds these words.
    pub async fn press_with(&self, words: &str) {
        until(&format!("press the button with {words}"), async || {
            self.tap("button", vec![words.into()]).await
        })
        .await;
    }

    pub(super) async fn tap(&self, question: &str, details: Vec<Value>) -> Result<(), String> {
        let (thing, _) = self.find(question, details).await?;
        // The driver clicks where a finger would and refuses when something else lies there.
        thing.click().await.map_err(|error| error.to_string())
    }

    /// The heading of the screen.
    pub async fn heading(&self) -> String {
        until("see a heading", async || text(self.ask("heading", vec![]).await?)).await
    }

    /// Waits for a screen by its heading.
    pub async fn heading_becomes(&self, wanted: &str) {
        until(&format!("see the heading {wanted}"), async || {
            match text(self.ask("heading", vec![]).await?)? {
                heading if heading == wanted => Ok(()),
                other => Err(format!("the heading {other}")),
            }
        })
        .await;
    }

    /// Waits until these words are anywhere on the screen.
    pub async fn sees(&self, words: &str) {
        until(&format!("see {words:?}"), async || {
            let all = self.everything().await?;
            if all.contains(words) { Ok(()) } else { Err(all) }
        })
        .await;
    }

    /// Waits until a picture of this name has been drawn.
    pub async fn sees_picture(&self, name: &str) {
        until(&format!("see the picture {name}"), async || {
            match self.ask("picture", vec![name.into()]).await? {
                Value::Bool(true) => Ok(()),
                _ => Err("it has not been drawn yet".to_owned()),
            }
        })
        .await;
    }

    /// Whether a picture of this name has been drawn by now.
    pub async fn has_picture(&self, name: &str) -> bool {
        self.ask("picture", vec![name.into()]).await == Ok(Value::Bool(true))
    }

    /// The alerts that there are now.
    pub async fn alerts(&self) -> Vec<String> {
        texts(self.ask("alerts", vec![]).await.unwrap_or_default())
    }

    /// All text on the screen.
    pub async fn everything(&self) -> Result<String, String> {
        text(self.ask("text", vec![]).await?)
    }

    /// Waits until the line 同步状态 says this.
    pub async fn sync_becomes(&self, wanted: &str) {
        self.sync_becomes_within(PATIENCE, wanted).await;
    }

    /// The same with another patience.
    pub async fn sync_becomes_within(&self, patience: Duration, wanted: &str) {
        until_within(patience, &format!("see the sync state {wanted:?}"), async || {
            match text(self.ask("sync", vec![]).await?)? {
                line if line == wanted => Ok(()),
                other => Err(other),
            }
        })
        .await;
    }

    /// Goes to 待上传 and presses 立即上传 until the line 同步状态 says this. The app may be quicker than the thumb.
    pub async fn send_now(&self, wanted: &str) {
        self.press("待上传").await;
        self.heading_becomes("待上传").await;
        until(&format!("send until the sync state is {wanted:?}"), async || {
            let line = text(self.ask("sync", vec![]).await?)?;
            if line == wanted {
                return Ok(());
            }
            // What has come back is sent once more by each press, so that pressing without end never comes to one.
            if line.starts_with("正在上传") {
                return Err(line);
            }
            match self.tap("press", vec!["立即上传".into()]).await {
                Ok(()) => Err(line),
                Err(error) => Err(format!("{line}; {error}")),
            }
        })
        .await;
    }

    /// Presses a button until these words are on the screen. The app may be quicker than the thumb.
    pub async fn press_until_seen(&self, name: &str, words: &str) {
        until(&format!("press {name} until there is {words:?}"), async || {
            let all = self.everything().await?;
            if all.contains(words) {
                return Ok(());
            }
            match self.tap("press", vec![name.into()]).await {
                Ok(()) => Err(all),
                Err(error) => Err(format!("{all}; {error}")),
            }
        })
        .await;
    }

    /// Waits until this is announced, other than by the line 同步状态.
    pub async fn hears(&self, wanted: &str) {
        until(&format!("hear {wanted:?}"), async || {
            let said = texts(self.ask("statuses", vec![]).await?);
            if said.iter().any(|one| one.contains(wanted)) { Ok(()) } else { Err(format!("{said:?}")) }
        })
        .await;
    }

    /// Waits for an alert with these words, and returns all of it.
    pub async fn is_warned(&self, wanted: &str) -> String {
        until(&format!("be warned of {wanted:?}"), async || {
            let said = texts(self.ask("alerts", vec![]).await?);
            said.iter()
                .find(|one| one.contains(wanted))
                .cloned()
                .ok_or_else(|| format!("the alerts {said:?}"))
        })
        .await
    }

    /// Waits for an alert that says something else than the ones before.
    pub async fn warning_after(&self, before: &[String]) -> String {
        until("be warned of something else", async || {
            let said = texts(self.ask("alerts", vec![]).await?);
            let new = said.iter().find(|one| before.last() != Some(one));
            new.cloned().ok_or_else(|| format!("the alerts {said:?}"))
        })
        .await
    }

    /// The links in alerts: the fields that something is wrong with.
    pub async fn alert_links(&self) -> Vec<String> {
        self.list("alertLinks").await
    }

    /// Waits until the list on the screen has this many records, and returns each as one line.
    pub async fn row_count_becomes(&self, wanted: usize) -> Vec<String> {
        until(&format!("see {wanted} records"), async || {
            let rows = texts(self.ask("rows", vec![]).await?);
            if rows.len() == wanted { Ok(rows) } else { Err(format!("{rows:#?}")) }
        })
        .await
    }

    /// The entries of a record's history, each as one line.
    pub async fn timeline(&self) -> Vec<String> {
        self.list("timeline").await
    }

    /// Waits until the entries of a record's history begin with these words, and returns them whole.
    pub async fn timeline_becomes(&self, wanted: &[&str]) -> Vec<String> {
        until(&format!("see the history {wanted:?}"), async || {
            let lines = texts(self.ask("timeline", vec![]).await?);
            let fits = lines.len() == wanted.len()
                && lines.iter().zip(wanted).all(|(line, word)| line.starts_with(word));
            if fits { Ok(lines) } else { Err(format!("{lines:#?}")) }
        })
        .await
    }

    /// Waits until a record says this for a label.
    pub async fn fact_becomes(&self, label: &str, wanted: &str) {
        until(&format!("see {label}: {wanted:?}"), async || {
            match text(self.ask("fact", vec![label.into()]).await?)? {
                fact if fact == wanted => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    /// What a record says for a label.
    pub async fn fact(&self, label: &str) -> String {
        until(&format!("see {label}"), async || text(self.ask("fact", vec![label.into()]).await?)).await
    }

    /// Taps every masked value, so that it is shown.
    pub async fn unmask(&self) {
        until("see the masked values", async || {
            let masks = self.ask("masks", vec![]).await?;
            let Some(mask) = masks.as_array().and_then(|all| all.first()) else { return Ok(()) };
            self.run("arguments[0].click()", vec![mask.clone()]).await?;
            Err(format!("still masked: {masks}"))
        })
        .await;
    }

    /// The links of the navigation.
    pub async fn nav(&self) -> Vec<String> {
        self.list("nav").await
    }

    /// Waits until the navigation has these links.
    pub async fn nav_becomes(&self, wanted: &[&str]) {
        until(&format!("see the navigation {wanted:?}"), async || {
            match texts(self.ask("nav", vec![]).await?) {
                nav if nav == wanted => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }

    /// The path of the address.
    pub async fn path(&self) -> String {
        self.client().current_url().await.expect("a page has an address").path().to_owned()
    }

    /// An attribute of the page's root element.
    pub async fn root(&self, attribute: &str) -> Option<String> {
        let script = "return document.documentElement.getAttribute(arguments[0])";
        self.run(script, vec![json!(attribute)]).await.ok()?.as_str().map(str::to_owned)
    }

    /// Waits until an attribute of the page's root element has this value.
    pub async fn root_becomes(&self, attribute: &str, wanted: &str) {
        until(&format!("see {attribute}={wanted:?}"), async || match self.root(attribute).await {
            Some(value) if value == wanted => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    }

    /// A computed style of the page's body.
    pub async fn style(&self, property: &str) -> String {
        let script = "return getComputedStyle(document.body)[arguments[0]]";
        let value = self.run(script, vec![json!(property)]).await.and_then(text);
        value.unwrap_or_else(|error| panic!("{property}: {error}"))
    }

    async fn list(&self, question: &str) -> Vec<String> {
        texts(self.ask(question, vec![]).await.unwrap_or_else(|error| panic!("{question}: {error}")))
    }
}

pub(super) fn text(value: Value) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("no text but {value}"))
}

pub(super) fn texts(value: Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}
