//! The real station: the binary, on a folder of its own and on an address that stays the same for the whole story.

use std::{
    cell::{Cell, RefCell},
    fs,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{self, Command},
    sync::atomic::{AtomicU16, Ordering},
};

use serde_json::Value;

use super::{process::Program, programs};

/// 固包村 of 泸桥镇, where the people of the stories work.
pub const LUQIAO_GUBAO: &str = "513322100201";

/// A station, running or stopped.
pub struct Station {
    folder: PathBuf,
    address: String,
    running: RefCell<Option<Program>>,
    starts: Cell<u32>,
}

/// What the office hands out for one phone.
pub struct Code {
    /// To be typed.
    pub code: String,
    /// To be opened.
    pub url: String,
}

/// The station's answer to a plain request that no service worker has touched.
pub struct Reply {
    /// Such as 200.
    pub status: u16,
    head: String,
    /// As text.
    pub body: String,
}

impl Reply {
    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(':'));
        lines
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .next()
            .unwrap_or("")
    }
}

impl Station {
    /// Starts one on an empty folder.
    pub async fn begin(folder: PathBuf) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let station = Self { folder, address, running: RefCell::default(), starts: Cell::default() };
        station.start().await;
        let index = station.get("/");
        assert!(
            index.status == 200 && index.body.contains("data-wasm"),
            "This station was built without the app. Run `cargo xtask test --only stories`, which builds both."
        );
        station
    }

    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts it, at the same address as before: to a browser another port would be another place with other data.
    pub async fn start(&self) {
        assert!(self.running.borrow().is_none(), "the station runs already");
        self.starts.set(self.starts.get() + 1);
        let log = self.folder.with_file_name(format!("station-{}.log", self.starts.get()));
        let mut serve = self.command("serve");
        let mut program = Program::start(serve.args(["--listen", &self.address]), log);
        let heard = program.says("listening on ").await;
        assert!(heard.contains(&self.address), "it listens on {heard}, not on {}", self.address);
        self.running.replace(Some(program));
    }

    /// Stops it as an administrator would. For the phones this is the most honest way to be offline.
    pub async fn stop(&self) {
        let program = self.running.take().expect("the station runs");
        let status = program.stop().await;
        assert!(status.success(), "the station ended with {status} after SIGTERM");
    }

    /// Makes a code for a person.
    pub fn enrol(&self, name: &str, role: &str, village: &str) -> Code {
        self.enrol_with(name, role, village, &[])
    }

    /// The same with more arguments.
    pub fn enrol_with(&self, name: &str, role: &str, village: &str, more: &[&str]) -> Code {
        self.make_code(&[&["--name", name, "--role", role, "--village", village], more].concat())
    }

    /// Makes a code for another phone of a person who is known already.
    pub fn enrol_again(&self, worker: &str) -> Code {
        self.make_code(&["--worker", worker])
    }

    fn make_code(&self, person: &[&str]) -> Code {
        let mut enrol = self.command("enrol");
        let said = output(enrol.args(person).args(["--json", "--base-url", &self.origin()]));
        let code: Value = serde_json::from_str(&said).expect("enrol --json says one JSON object");
        let text = |key: &str| code[key].as_str().unwrap_or_else(|| panic!("no {key} in {said}")).to_owned();
        Code { code: text("code"), url: text("url") }
    }

    /// Makes a code for a phone whose PIN is forgotten; gives the code and the name of the person it belongs to.
    pub fn recover(&self, installation: &str) -> (String, String) {
        let said = output(self.command("recover").args(["--installation", installation, "--json"]));
        let code: Value = serde_json::from_str(&said).expect("recover --json says one JSON object");
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{said}")).to_owned();
        (text(&code["code"]), text(&code["worker"]["name"]))
    }

    /// The id of the person with this name.
    pub fn worker(&self, name: &str) -> String {
        let said = self.office("worker", &["list", "--json"]);
        let all = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let found = all.into_iter().find(|worker: &Value| worker["name"] == name);
        found.and_then(|worker| worker["id"].as_str().map(str::to_owned)).unwrap_or_else(|| panic!("{said}"))
    }

    /// Does something in the office, such as `desk add`.
    pub fn office(&self, verb: &str, more: &[&str]) -> String {
        output(self.command(verb).args(more))
    }

    /// What a check finds, a line each.
    pub fn check(&self) -> Vec<String> {
        output(self.command("check").arg("--json")).lines().map(str::to_owned).collect()
    }

    /// Everything it has stored, in order.
    pub fn entries(&self) -> Vec<Value> {
        let said = output(self.command("entries").arg("--json"));
        said.lines().map(|line| serde_json::from_str(line).expect("entries --json says JSON lines")).collect()
    }

    /// What `check` finds: everything that needs a person's look. Fails when there is damage.
    pub fn findings(&self) -> Vec<Value> {
        let said = output(self.command("check").arg("--json"));
        let lines =
            said.lines().map(|line| serde_json::from_str(line).expect("check --json says JSON lines"));
        lines.filter(|line: &Value| line["level"] != "summary").collect()
    }

    /// What `receipt` says of a file: whether it is genuine, and whether the station has what it speaks of.
    pub fn receipt(&self, file: &Path) -> [bool; 2] {
        let output =
            self.command("receipt").arg("--json").arg(file).output().expect("the station can be run");
        let found: Value = serde_json::from_slice(&output.stdout).expect("an object");
        let said = ["genuine", "stored"].map(|part| found[part] == true);
        assert_eq!(output.status.success(), said == [true; 2]);
        said
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Asks for a file or a screen, without a browser between.
    pub fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path} HTTP/1.1\r\n"), "")
    }

    /// Posts a text to an address, without a browser between.
    pub fn post(&self, path: &str, body: &str) -> Reply {
        self.ask(&format!("POST {path} HTTP/1.1\r\nContent-Length: {}\r\n", body.len()), body)
    }

    fn ask(&self, head: &str, body: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.address).expect("the station accepts connections");
        let request = format!("{head}Host: {}\r\nConnection: close\r\n\r\n{body}", self.address);
        stream.write_all(request.as_bytes()).expect("the station takes a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the station answers");
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Moves the end of the longest-lived code into the last century. No command can do that, and no story can wait an
    /// hour; so the digits are changed in the stopped station's database, where only that moment lies so far ahead.
    pub fn let_codes_expire(&self) {
        let file = self.folder.join("station.sqlite");
        let mut bytes = fs::read(&file).expect("the station has a database");
        let is_moment = |at: &&[u8]| {
            let shape = b"9999-99-99T99:99";
            at.iter()
                .zip(shape)
                .all(|(byte, like)| if *like == b'9' { byte.is_ascii_digit() } else { byte == like })
        };
        let last = bytes.windows(16).filter(is_moment).max().expect("a code has an end").to_vec();
        let places: Vec<_> = (0..bytes.len() - 16).filter(|at| bytes[*at..*at + 16] == last).collect();
        for at in places {
            bytes[at..at + 2].copy_from_slice(b"19");
        }
        fs::write(&file, bytes).expect("the database can be written");
    }

    /// What it has said since it was started last.
    pub fn said(&self) -> String {
        self.running.borrow().as_ref().map_or_else(|| "(stopped)".to_owned(), Program::said)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(programs::station());
        command.arg(verb).arg("--data").arg(&self.folder);
        command
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().expect("the station's program can be run");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} failed:\n{out}{err}");
    out.into_owned()
}

/// A port below those that the system gives to outgoing connections: while the station is stopped, none of the
/// browser's own connections must take its place.
pub(super) fn free_port() -> u16 {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let spread = (process::id() % 500) as u16 * 30;
    for _ in 0..1000 {
        let port = 16_000 + (spread + TRIED.fetch_add(1, Ordering::Relaxed)) % 15_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
    panic!("No port is free between 16000 and 31000.");
}
