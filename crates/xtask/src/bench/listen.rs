//! Runs what measures and collects its figures: JSON objects with a `measure`, one at the end of a line each.

use crate::fault::{Fault, Outcome};
use crate::run::{could_not_start, shown};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Figures as they were printed.
pub type Figures = Vec<Value>;

/// Runs to the end. Lines without a figure are the person's to read.
pub fn listen(command: &mut Command, action: &str) -> Outcome<Figures> {
    let mut figures = Vec::new();
    hear(command, action, |said| match figure(said) {
        Some(figure) => figures.push(figure),
        None => println!("    {said}"),
    })?;
    Ok(figures)
}

/// Runs to the end and hands on each line that is printed.
pub fn hear(command: &mut Command, action: &str, mut take: impl FnMut(&str)) -> Outcome {
    let line = shown(command);
    println!("    $ {line}");
    let failed = |cause: String| Fault::new(cause, "This part has no figures.", action);
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| could_not_start(command, &error, action))?;
    for said in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        take(&said.map_err(|error| failed(format!("`{line}` could not be read: {error}.")))?);
    }
    let status = child.wait().map_err(|error| failed(format!("`{line}` was lost: {error}.")))?;
    if status.success() { Ok(()) } else { Err(failed(format!("`{line}` ended with {status}."))) }
}

/// The figure in a line, before which a test's name may stand.
fn figure(line: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(&line[line.find('{')?..]).ok()?;
    value.get("measure")?.is_string().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_behind_a_name() {
        let found = figure(r#"test start::warm ... {"measure":"warm start","samples":[1.5]}"#).expect("one");
        assert_eq!(found["samples"][0], 1.5);
    }

    #[test]
    fn other_lines_are_none() {
        for line in ["", "test a ... ok", "{", r#"{"level":"info"}"#, "fn main() { }", r#"{"measure":1}"#] {
            assert_eq!(figure(line), None, "{line}");
        }
    }

    #[test]
    fn what_was_said_is_collected_and_a_failure_told() {
        let script = |text: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", text]);
            command
        };
        let figures = listen(&mut script(r#"echo '{"measure":"a"}'; echo b"#), "Mend it.").expect("it runs");
        assert_eq!(figures.len(), 1);
        assert!(listen(&mut script("exit 3"), "Mend it.").expect_err("it fails").to_string().contains("3"));
    }
}
