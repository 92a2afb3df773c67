//! Starting other programs, and saying what it means when they fail.

use crate::fault::{Fault, Outcome};
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

/// The Cargo that runs this program, so that both use the same toolchain.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Runs to the end with the person's own terminal; `action` is what to do when it fails.
pub fn run(command: &mut Command, action: &str) -> Outcome {
    let line = shown(command);
    println!("    $ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Fault::new(
            format!("`{line}` ended with {status}."),
            "Its own words are above; what builds on it was not done.",
            action,
        )),
        Err(error) => Err(could_not_start(command, &error, action)),
    }
}

/// Runs quietly and returns what it printed, or `None` when it is absent or failed.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The fault for a program that could not be started.
pub fn could_not_start(command: &Command, error: &std::io::Error, action: &str) -> Fault {
    let program = command.get_program().to_string_lossy().into_owned();
    let cause = match error.kind() {
        ErrorKind::NotFound => format!("The program `{program}` is not on this machine or not on PATH."),
        _ => format!("The program `{program}` could not be started: {error}."),
    };
    Fault::new(cause, "The step that needs it was not done.", action)
}

/// A command as one would type it.
pub fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(word).collect::<Vec<_>>().join(" ")
}

fn word(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    // The program's folder says nothing to a reader.
    let text = text.rsplit_once("/bin/").map_or(&*text, |(_, name)| name);
    if text.contains(' ') { format!("'{text}'") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_named() {
        let fault = run(&mut Command::new("xunji-no-such-program"), "Install it.").expect_err("absent");
        let said = fault.to_string();
        assert!(said.contains("xunji-no-such-program") && said.contains("do: Install it."), "{said}");
    }

    #[test]
    fn a_failing_program_is_quoted() {
        let fault = run(Command::new("false").arg("--flag"), "Mend it.").expect_err("false fails");
        assert!(fault.to_string().contains("`false --flag`"));
    }
}
