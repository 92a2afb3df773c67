//! Filling in forms. A field is named by its label; within a group of fields, as in `当事人 1 › 姓名`.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    page::{text, texts},
    phone::Phone,
    wait::until,
};

impl Phone {
    /// Gives a field a value, in the way that its kind of control asks for, and makes sure that it took it.
    pub async fn enter(&self, label: &str, value: &str) {
        let kind = until(&format!("find the field {label}"), async || {
            text(self.ask("kind", vec![label.into()]).await?)
        })
        .await;
        match kind.as_str() {
            "group" => return self.choose(label, value).await,
            "picker" => return self.pick(label, value).await,
            "tick" => return self.tick(label, value == "true").await,
            "clock" => self.wheel(label, "set", value).await,
            "list" => self.wheel(label, "select", value).await,
            _ => self.type_in(label, value).await,
        }
        self.holds(label, value).await;
    }

    /// Types into a text field, whatever it makes of it.
    pub async fn type_in(&self, label: &str, value: &str) {
        until(&format!("put the cursor into {label}"), async || {
            match self.ask("mark", vec![label.into()]).await? {
                Value::Bool(true) => Ok(()),
                other => Err(format!("the cursor is elsewhere: {other}")),
            }
        })
        .await;
        // As an input method does it: all at once, and with every character that there is.
        self.devtools("Input.insertText", json!({ "text": value })).await;
    }

    /// Speaks into a text field: the phone's keyboard shows what it has understood so far, then puts in what it makes of
    /// it, without a single key.
    pub async fn dictate(&self, label: &str, words: &str) {
        self.type_in(label, "").await;
        let so_far: String = words.chars().take(2).collect();
        let guess =
            json!({ "text": so_far, "selectionStart": 0, "selectionEnd": so_far.encode_utf16().count() });
        self.devtools("Input.imeSetComposition", guess).await;
        self.devtools("Input.insertText", json!({ "text": words })).await;
        self.holds(label, words).await;
    }

    /// Waits until a field holds this.
    pub async fn holds(&self, label: &str, wanted: &str) {
        until(&format!("see {wanted:?} in the field {label}"), async || match self.reads(label).await? {
            value if value == wanted => Ok(()),
            value => Err(format!("{value:?}")),
        })
        .await;
    }

    /// What a field holds, in the words of the screen.
    pub async fn value(&self, label: &str) -> String {
        until(&format!("read the field {label}"), async || self.reads(label).await).await
    }

    /// Whether there is a field of this name now.
    pub async fn has(&self, label: &str) -> bool {
        self.ask("kind", vec![label.into()]).await.is_ok()
    }

    /// Waits until a field is marked as wrong, or is not any more.
    pub async fn is_marked(&self, label: &str, wanted: bool) {
        until(&format!("see whether {label} is marked"), async || {
            match self.ask("marked", vec![label.into()]).await? {
                Value::Bool(marked) if marked == wanted => Ok(()),
                other => Err(format!("marked: {other}")),
            }
        })
        .await;
    }

    /// Waits until the cursor is in a field.
    pub async fn focus_becomes(&self, label: &str) {
        until(&format!("see the cursor in {label}"), async || {
            match text(self.ask("focused", vec![]).await?)? {
                name if name == label => Ok(()),
                other => Err(other),
            }
        })
        .await;
    }

    /// Waits until the cursor is on the list of what is wrong, so that it is read out.
    pub async fn focus_is_on_the_alert(&self) {
        let script = "return document.activeElement.getAttribute('role') ?? document.activeElement.tagName";
        until("see the cursor on the alert", async || match text(self.run(script, vec![]).await?)? {
            role if role == "alert" => Ok(()),
            other => Err(other),
        })
        .await;
    }

    /// Waits until the cursor is on the screen's heading, so that a reader begins there.
    pub async fn focus_is_on_the_heading(&self) {
        let script = "return document.activeElement.tagName";
        until("see the cursor on the heading", async || match text(self.run(script, vec![]).await?)? {
            tag if tag == "H1" => Ok(()),
            other => Err(other),
        })
        .await;
    }

    /// The labels of the form on the screen, in order.
    pub async fn labels(&self) -> Vec<String> {
        until("see a form", async || match texts(self.ask("labels", vec![]).await?) {
            labels if labels.is_empty() => Err("no fields".to_owned()),
            labels => Ok(labels),
        })
        .await
    }

    /// Gives a file to a field, as the phone's own dialog does.
    pub async fn add_file(&self, label: &str, file: &Path) {
        until(&format!("give a file to {label}"), async || {
            let (field, _) = self.find("field", vec![label.into()]).await?;
            field.send_keys(&file.to_string_lossy()).await.map_err(|error| error.to_string())
        })
        .await;
    }

    /// The words on a field's choices.
    pub async fn choices(&self, label: &str) -> Vec<String> {
        texts(self.ask("choices", vec![label.into()]).await.unwrap_or_default())
    }

    /// The name that the browser gives a field towards assistive technology.
    pub async fn spoken(&self, label: &str) -> String {
        until(&format!("hear the name of {label}"), async || {
            let (field, _) = self.find("field", vec![label.into()]).await?;
            self.computed_label(&field).await
        })
        .await
    }

    /// Where a link leads.
    pub async fn link(&self, name: &str) -> String {
        until(&format!("find the link {name}"), async || {
            let (link, _) = self.find("press", vec![name.into()]).await?;
            link.attr("href").await.map_err(|error| error.to_string())?.ok_or_else(|| "no link".to_owned())
        })
        .await
    }

    /// Presses a button at a moment of the page's clock.
    pub async fn press_at(&self, name: &str, moment: u64) {
        let script = "const [button, at] = arguments; setTimeout(() => button.click(), at - Date.now())";
        self.with_button(name, script, vec![json!(moment)]).await;
    }

    /// Presses a button twice, quicker than the page can follow.
    pub async fn press_twice(&self, name: &str) {
        self.with_button(name, "arguments[0].click(); arguments[0].click()", vec![]).await;
    }

    async fn with_button(&self, name: &str, script: &str, more: Vec<Value>) {
        until(&format!("find {name}"), async || {
            let (button, _) = self.find("press", vec![name.into()]).await?;
            let button = serde_json::to_value(button).map_err(|error| error.to_string())?;
            let mut arguments = vec![button];
            arguments.extend(more.clone());
            self.run(script, arguments).await
        })
        .await;
    }

    /// Presses 保存 in a form and returns the address of the record's page, to which the app goes once it is on this phone.
    /// What it says then is gone after some seconds, and is heard by the stories that are about it.
    pub async fn save(&self) -> String {
        let before = self.path().await;
        self.press("保存").await;
        until("come to the record's page", async || match self.path().await {
            path if path.starts_with("/records/") && path != before => Ok(path),
            other => Err(other),
        })
        .await
    }

    async fn reads(&self, label: &str) -> Result<String, String> {
        text(self.ask("holds", vec![label.into()]).await?)
    }

    async fn choose(&self, label: &str, value: &str) {
        self.switch(&format!("choose {value} for {label}"), "choice", vec![label.into(), value.into()], true)
            .await;
    }

    async fn tick(&self, label: &str, wanted: bool) {
        self.switch(&format!("tick {label}"), "tick", vec![label.into()], wanted).await;
    }

    /// Presses one of a group's choices, whatever becomes of the group.
    pub async fn press_choice(&self, label: &str, value: &str) {
        let details = vec![label.into(), value.into()];
        until(&format!("press {value} for {label}"), async || self.tap("choice", details.clone()).await)
            .await;
    }

    /// Presses until it is as wanted, and not once more.
    async fn switch(&self, wish: &str, question: &str, details: Vec<Value>, wanted: bool) {
        until(wish, async || {
            let (thing, is) = self.find(question, details.clone()).await?;
            if is == Value::Bool(wanted) {
                return Ok(());
            }
            thing.click().await.map_err(|error| error.to_string())?;
            Err("pressed".to_owned())
        })
        .await;
    }

    /// Phones have wheels for these, which no driver can turn.
    async fn wheel(&self, label: &str, question: &str, value: &str) {
        let set = async || self.ask(question, vec![label.into(), value.into()]).await;
        until(&format!("set {label}"), set).await;
    }

    /// Opens a field's list, searches it where it can be searched, and takes an option.
    async fn pick(&self, label: &str, option: &str) {
        let under = self.dialogs().await;
        self.press(label).await;
        until(&format!("see the list of {label}"), async || match self.dialogs().await {
            now if now > under => Ok(()),
            now => Err(format!("{now} dialogs")),
        })
        .await;
        if self.ask("searches", vec![]).await == Ok(Value::Bool(true)) {
            self.type_in("搜索", option).await;
        }
        until(&format!("take {option}"), async || self.tap("option", vec![option.into()]).await).await;
        until(&format!("see {option} in the field {label}"), async || {
            let value = self.reads(label).await;
            if value.is_err() {
                // Several may be taken from some lists, which stay open.
                drop(self.tap("press", vec!["完成".into()]).await);
            }
            let value = value?;
            if value.contains(option) { Ok(()) } else { Err(format!("{value:?}")) }
        })
        .await;
    }

    async fn dialogs(&self) -> u64 {
        self.ask("dialogs", vec![]).await.ok().and_then(|count| count.as_u64()).unwrap_or(0)
    }
}
