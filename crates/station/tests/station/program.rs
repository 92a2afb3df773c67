//! The program itself, run by tests as people and scripts run it.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Output, Stdio},
};

use serde_json::Value;
use uuid::Uuid;
use xunji_domain::{id::InstallationId, wire::Enrolment};

use crate::support::*;

pub fn program(args: &[&str], data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xunji-station"));
    command.args(args).arg("--data").arg(data);
    command
}

pub fn run(args: &[&str], data: &Path) -> Output {
    program(args, data).output().unwrap()
}

pub fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A `serve` that is killed when the test ends, however it ends.
pub struct Served {
    pub child: Child,
    pub address: SocketAddr,
}

impl Served {
    pub fn start(data: &Path) -> Self {
        Self::spawn(program(&["serve", "--listen", "127.0.0.1:0"], data))
    }

    pub fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on http://").expect("the line for scripts");
        Self { address: address.parse().unwrap(), child }
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([name, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// Waits for the end and gives the exit code and the log.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

pub const ENROL: [&str; 8] =
    ["enrol", "--name", "张三", "--role", "grid_worker", "--village", VILLAGE, "--json"];

pub async fn phone(served: &Served, data: &Path) -> (Phone, String) {
    enrolled(served, &run(&ENROL, data)).await
}

/// The phone that redeems what `enrol` printed.
pub async fn enrolled(served: &Served, output: &Output) -> (Phone, String) {
    let enrolled: Value = serde_json::from_str(&printed(output)).unwrap();
    let code = enrolled["code"].as_str().unwrap();
    assert_eq!(enrolled["url"], format!("http://{}/enrol?code={code}", served.address));
    let installation = InstallationId::new(Uuid::new_v4());
    let body = serde_json::json!({ "code": code, "installation": installation }).to_string();
    let reply = request(served.address, "POST", "/api/v1/enrolments", &[], body).await;
    let Enrolment { token, worker, receipt_key, recovery_key, .. } = reply.json();
    let phone =
        Phone { address: served.address, worker, token, receipt_key, recovery_key, installation, seq: 0 };
    (phone, code.to_owned())
}
