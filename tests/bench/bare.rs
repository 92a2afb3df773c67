//! A client without a browser, a database or a doubt: as quick as the station and the line let anybody be.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// As many as the app takes at once.
const PAGE: usize = 200;

/// One connection, on which one request follows the other.
pub struct Bare {
    reader: BufReader<TcpStream>,
    token: String,
    /// Whom the station takes it for.
    pub worker: String,
}

impl Bare {
    /// Enrols at this origin by a code, as an installation of this id.
    pub fn enrol(origin: &str, code: &str, installation: &str) -> Self {
        let address = origin.trim_start_matches("http://");
        let stream = TcpStream::connect(address).expect("the line accepts connections");
        stream.set_nodelay(true).expect("a connection takes an option");
        let mut bare = Self { reader: BufReader::new(stream), token: String::new(), worker: String::new() };
        let request = json!({ "code": code, "installation": installation }).to_string();
        let enrolment: Value = read(&bare.ask("POST", "/api/v1/enrolments", &request));
        let text = |value: &Value| value.as_str().expect("an enrolment has these texts").to_owned();
        bare.token = text(&enrolment["token"]);
        bare.worker = text(&enrolment["worker"]["id"]);
        bare
    }

    /// Sends these batches, each after the receipts of the one before.
    pub fn push(&mut self, batches: &[String]) -> Duration {
        let begun = Instant::now();
        for batch in batches {
            let answer = self.ask("POST", "/api/v1/entries", batch);
            let all = batch.matches(r#""digest""#).count();
            let accepted = answer.matches(r#""outcome":"accepted""#).count();
            assert_eq!(accepted, all, "not everything was accepted: {answer}");
        }
        begun.elapsed()
    }

    /// Reads a whole mailbox, page after page, and gives how many entries it has.
    pub fn pull(&mut self) -> (usize, Duration) {
        let begun = Instant::now();
        let mut items = 0;
        let mut after = 0;
        loop {
            let page: Value =
                read(&self.ask("GET", &format!("/api/v1/mailbox?after={after}&limit={PAGE}"), ""));
            let read = page["items"].as_array().map_or(&[][..], Vec::as_slice);
            items += read.len();
            after = read.last().and_then(|item| item["position"].as_u64()).unwrap_or(after);
            if page["head"].as_u64() == Some(after) {
                return (items, begun.elapsed());
            }
            assert!(!read.is_empty(), "the mailbox has no more than {after} of {}", page["head"]);
        }
    }

    /// Waits at the person's mailbox until something comes after this position, and gives the last one that there is.
    pub fn hear(&mut self, after: u64) -> u64 {
        loop {
            let page: Value = read(&self.ask("GET", &format!("/api/v1/mailbox?after={after}&wait=50"), ""));
            if let Some(last) = page["items"].as_array().and_then(|items| items.last()?["position"].as_u64())
            {
                return last;
            }
        }
    }

    /// The body of an answer that says that all is well.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> String {
        let token = &self.token;
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: station\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        );
        self.reader.get_mut().write_all(request.as_bytes()).expect("the line takes a request");
        let mut line = String::new();
        self.reader.read_line(&mut line).expect("the station answers");
        assert!(line.starts_with("HTTP/1.1 20"), "{method} {path}: {line}");
        let mut bytes = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line).expect("an answer has a head");
            match line.trim_end().split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    bytes = value.parse().expect("a length is a number");
                }
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; bytes];
        self.reader.read_exact(&mut body).expect("an answer is whole");
        String::from_utf8(body).expect("an answer is text")
    }
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
