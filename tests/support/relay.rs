//! A relay before the station that can make the app look like a newer version, which one built app can't, and that can
//! change what the station answers, as somebody on the line would.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use super::station::free_port;

/// Hands every request on to the station, and changes nothing but what it is told to.
pub struct Relay {
    origin: String,
    line: Line,
}

/// What lies between a phone and the station. Clones are the same.
#[derive(Clone)]
struct Line {
    station: String,
    version: Arc<AtomicU32>,
    meddler: Arc<Mutex<Option<Meddler>>>,
}

/// Makes another answer of an answer. Told of what was asked: its method and its path.
type Meddler = Arc<dyn Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync>;

impl Relay {
    /// Starts one before the station at this origin. It ends with the test's process.
    pub fn before(station: &str) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let listener = TcpListener::bind(&address).expect("the port is free");
        let station = station.trim_start_matches("http://").to_owned();
        let line = Line { station, version: Arc::default(), meddler: Arc::default() };
        let lines = line.clone();
        thread::spawn(move || {
            for browser in listener.incoming().flatten() {
                let line = lines.clone();
                // A browser that hangs up early, or a stopped station, ends one conversation and nothing else.
                thread::spawn(move || line.hand_on(browser));
            }
        });
        Self { origin: format!("http://{address}"), line }
    }

    /// The address for phones.
    pub fn origin(&self) -> String {
        self.origin.clone()
    }

    /// From now on the app is one version newer.
    pub fn renew(&self) {
        self.line.version.fetch_add(1, Ordering::Relaxed);
    }

    /// From now on every answer goes through this. It must be of the same length, or close the gap itself.
    pub fn meddle(&self, meddler: impl Fn(&str, Vec<u8>) -> Vec<u8> + Send + Sync + 'static) {
        *self.line.meddler.lock().expect("no meddler panics") = Some(Arc::new(meddler));
    }

    /// From now on every answer goes through as it is.
    pub fn behave(&self) {
        self.line.meddler.lock().expect("no meddler panics").take();
    }
}

impl Line {
    fn hand_on(&self, browser: TcpStream) -> Option<()> {
        let version = self.version.load(Ordering::Relaxed);
        let meddler = self.meddler.lock().ok()?.clone();
        let mut reader = BufReader::new(browser.try_clone().ok()?);
        let mut first = String::new();
        reader.read_line(&mut first).ok()?;
        let worker = first.starts_with("GET /sw.js ");
        let asked = first.split(' ').take(2).collect::<Vec<_>>().join(" ");
        let mut head = first;
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
            match name.as_str() {
                "content-length" => length = line.split(':').nth(1)?.trim().parse().ok()?,
                // One conversation a connection is simpler, and a file that is changed must come plain and whole.
                "connection" => continue,
                "accept-encoding" | "if-none-match" | "if-modified-since" if worker || meddler.is_some() => {
                    continue;
                }
                "" | "\r\n" => break,
                _ => {}
            }
            head.push_str(&line);
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;

        let mut upstream = TcpStream::connect(&self.station).ok()?;
        write!(upstream, "{head}Connection: close\r\n\r\n").ok()?;
        upstream.write_all(&body).ok()?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer).ok()?;
        if worker && version > 0 {
            answer = newer(&answer, version)?;
        }
        if let Some(meddler) = meddler {
            answer = meddler(&asked, answer);
        }
        let mut browser = browser;
        browser.write_all(&answer).ok()?;
        browser.shutdown(Shutdown::Both).ok()
    }
}

/// The same file with one more line, which to a browser is another version.
fn newer(answer: &[u8], version: u32) -> Option<Vec<u8>> {
    let (_, body) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    with_body(answer, &format!("{body}\n// Version {version}\n"))
}

/// The same answer about something else.
pub(super) fn with_body(answer: &[u8], body: &str) -> Option<Vec<u8>> {
    let (head, _) = std::str::from_utf8(answer).ok()?.split_once("\r\n\r\n")?;
    let kept = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("content-length:"));
    let head: String = kept.map(|line| format!("{line}\r\n")).collect();
    Some(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
}
