//! The page of a slip, as HTML without a script: what it needs is one request, an old phone and paper.
//!
//! Everything that comes from a definition or the database is escaped; nothing that people wrote is ever on it.

use std::{fmt::Write as _, sync::OnceLock};

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use chrono::{Datelike, NaiveDate};
use sha2::{Digest as _, Sha256};
use xunji_domain::{slip::Verdict, wire::base64url};

use super::{Refused, Shown, day};

const STYLE: &str = include_str!("page.css");

/// The headers of all answers: only the page's own style and form, nothing kept, found or told to others.
pub(super) fn headers() -> [(HeaderName, HeaderValue); 4] {
    static POLICY: OnceLock<HeaderValue> = OnceLock::new();
    let policy = POLICY.get_or_init(|| {
        // The policy wants plain base64, with its padding.
        let hash = base64url(&Sha256::digest(STYLE)).replace('-', "+").replace('_', "/");
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}='; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
    });
    [
        (header::CONTENT_SECURITY_POLICY, policy.clone()),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow, noarchive")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static(
                "camera=(), geolocation=(), microphone=(), payment=(), browsing-topics=()",
            ),
        ),
    ]
}

/// The page of a slip.
pub(super) fn shown(station: &str, shown: &Shown) -> Response {
    let Shown { ledger, state, has_result, since, desk, receipt, said, may_answer } = shown;
    let mut html = String::new();
    let since = since.map_or_else(|| "还没有".to_owned(), date);
    let short: String = receipt.digest.to_string().chars().take(8).collect::<String>().to_ascii_uppercase();
    let received = date(day(receipt.received_at));
    let _ = write!(
        html,
        "<section class=\"slip\"><h2>{}</h2><p class=\"state\">{}</p>\
         <dl><div><dt>最近变化</dt><dd>{since}</dd></div>\
         <div><dt>送达</dt><dd>已于{received}送达站点</dd></div>\
         <div><dt>可以询问</dt><dd>{}</dd></div>\
         <div><dt>回执编号</dt><dd class=\"number\">{short}</dd></div></dl></section>",
        escaped(ledger),
        escaped(state),
        escaped(desk),
    );
    if let Some((verdict, on)) = said {
        let said = match verdict {
            Verdict::Confirmed => agreed(*has_result),
            Verdict::Contested => "有异议",
        };
        let heard = match verdict {
            Verdict::Confirmed => "谢谢。",
            Verdict::Contested => "承办单位会看到,并作出答复。",
        };
        let _ = write!(
            html,
            "<p class=\"said\" role=\"status\">您在{}答复:<b>{said}</b>。{heard}</p>",
            date(*on)
        );
    }
    if *may_answer {
        form(&mut html, said.is_some(), *has_result);
    }
    html.push_str(
        "<section class=\"aside\"><h2>还可以怎么办</h2><p>对办理有意见,可以直接问上面的单位,或拨打 \
         <a href=\"tel:12345\">12345</a> 投诉。法律问题可以拨打 <a href=\"tel:12348\">12348</a>。\
         有人身危险,请马上拨打 <a href=\"tel:110\">110</a>。</p></section>",
    );
    let text = serde_json::to_string_pretty(receipt).unwrap_or_default();
    let _ = write!(
        html,
        "<details><summary>送达凭证</summary><p>站点对收到这张回执的签名。存成文件,可以请站点核对真伪。</p>\
         <pre>{}</pre></details>",
        escaped(&text)
    );
    document(StatusCode::OK, station, "办理进度", &html)
}

fn form(html: &mut String, again: bool, has_result: bool) {
    let question = match (again, has_result) {
        (true, _) => "要改一下您的答复吗?",
        (false, true) => "您认可这个结果吗?",
        (false, false) => "以上情况属实吗?",
    };
    let _ = write!(
        html,
        "<form method=\"post\"><h2>{question}</h2>\
         <p><label for=\"text\">有异议的话,请写哪里不对 <small>可以不写,最多500字</small></label>\
         <textarea id=\"text\" name=\"text\" rows=\"4\" maxlength=\"500\" autocomplete=\"off\"></textarea></p>"
    );
    if has_result {
        html.push_str("<fieldset><legend>满意度 <small>可以不选</small></legend>");
        let levels = [
            ("5", "非常满意"),
            ("4", "满意"),
            ("3", "基本满意"),
            ("2", "不满意"),
            ("1", "非常不满意"),
            ("", "不评价"),
        ];
        for (level, name) in levels {
            let checked = if level.is_empty() { " checked" } else { "" };
            let _ = write!(
                html,
                "<label><input type=\"radio\" name=\"satisfaction\" value=\"{level}\"{checked}> {name}</label>"
            );
        }
        html.push_str("</fieldset>");
    }
    let _ = write!(
        html,
        "<p class=\"buttons\"><button name=\"verdict\" value=\"confirmed\">{}</button>\
         <button class=\"second\" name=\"verdict\" value=\"contested\">有异议</button></p></form>",
        agreed(has_result)
    );
}

const fn agreed(has_result: bool) -> &'static str {
    if has_result { "认可" } else { "属实" }
}

/// The page when there is nothing to show: cause, consequence, one action.
pub(super) fn refused(station: &str, refused: Refused) -> Response {
    let (status, title, text) = match refused {
        Refused::Unknown => (
            StatusCode::NOT_FOUND,
            "没有查到这张回执",
            "可能是开回执的手机还没有联网送达,也可能是地址不完整。请过一两天再扫一次;还是没有的话,请问开回执的工作人员。",
        ),
        Refused::Stranger => (
            StatusCode::TOO_MANY_REQUESTS,
            "查得太频繁了",
            "这个网络查错的次数太多,站点先停一分钟。请过一分钟再扫一次。",
        ),
        Refused::Unreadable => (
            StatusCode::BAD_REQUEST,
            "没有收到您的答复",
            "送来的内容不完整,没有保存。请返回上一页,再答复一次。",
        ),
        Refused::NotAForm => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "没有收到您的答复",
            "送来的内容不是这一页的表单,没有保存。请用浏览器打开回执上的地址再答复。",
        ),
        Refused::TooLong => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "您写得太长了",
            "最多可以写500字,没有保存。请返回上一页,写短一些再答复。",
        ),
        Refused::Often => (
            StatusCode::CONFLICT,
            "已经收到您的答复",
            "对现在的进度,您已经答复了多次,都已保存。有新的进度以后可以再答复;着急的话,请直接问承办单位或拨打12345。",
        ),
        Refused::Unavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "站点暂时查不了", "没有丢失任何东西。请过几分钟再试。")
        }
    };
    document(status, station, title, &format!("<p class=\"aside\">{text}</p>"))
}

fn document(status: StatusCode, station: &str, title: &str, main: &str) -> Response {
    let html = format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex,nofollow\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"format-detection\" content=\"telephone=no\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\
         <header><p>{}</p><h1>{title}</h1></header><main>{main}</main></body></html>",
        escaped(station)
    );
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let retry = (status == StatusCode::TOO_MANY_REQUESTS).then_some([(header::RETRY_AFTER, "60")]);
    match retry {
        Some(retry) => (status, headers(), kind, retry, html).into_response(),
        None => (status, headers(), kind, html).into_response(),
    }
}

fn date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
    }
    html
}
