//! What WebDriver alone can't do: Chromium's own protocol and its logs.

use fantoccini::{Client, elements::Element, wd::WebDriverCompatibleCommand};
use http::Method;
use serde_json::{Value, json};
use url::{ParseError, Url};

/// Sends a command of the DevTools protocol.
pub async fn command(client: &Client, name: &str, details: Value) -> Result<Value, String> {
    let body = json!({ "cmd": name, "params": details });
    let answer = client.issue_cmd(Vendor { path: "goog/cdp/execute".to_owned(), body }).await;
    answer.map_err(|error| format!("{name}: {error}"))
}

/// The name that the browser computes for an element, by the rules for assistive technology.
pub async fn computed_label(client: &Client, element: &Element) -> Result<String, String> {
    let path = format!("element/{}/computedlabel", &*element.element_id());
    let answer =
        client.issue_cmd(Vendor { path, body: Value::Null }).await.map_err(|error| error.to_string())?;
    answer.as_str().map(str::to_owned).ok_or_else(|| format!("no name but {answer}"))
}

/// What a log has collected since it was read last: `browser` is the console, `performance` holds the requests.
pub async fn log(client: &Client, name: &str) -> Vec<Value> {
    let answer = client.issue_cmd(Vendor { path: "se/log".to_owned(), body: json!({ "type": name }) }).await;
    match answer {
        Ok(Value::Array(lines)) => lines,
        // A browser that has been killed has no log any more.
        _ => Vec::new(),
    }
}

#[derive(Debug)]
struct Vendor {
    path: String,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        match &self.body {
            Value::Null => (Method::GET, None),
            body => (Method::POST, Some(body.to_string())),
        }
    }
}
