//! Programs that a story starts: what they say goes to a file, and none outlives its story.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use super::wait::until;

/// A running program.
pub struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts it. Both outputs go to one file, so that nothing has to be read for it to go on.
    pub fn start(command: &mut Command, log: PathBuf) -> Self {
        let out = File::create(&log).expect("a log file can be made");
        let err = out.try_clone().expect("a file handle can be doubled");
        let child = command.stdin(Stdio::null()).stdout(out).stderr(err).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?} did not start: {error}"));
        Self { child, log }
    }

    /// Waits until it has said a line with these words, and returns what follows them.
    pub async fn says(&mut self, words: &str) -> String {
        let heard = self.hears(words).await;
        heard.unwrap_or_else(|said| panic!("A program ended before it said {words:?}:\n{said}"))
    }

    /// As [`Program::says`]; all that it has said when it ended before.
    pub async fn hears(&mut self, words: &str) -> Result<String, String> {
        until(&format!("hear {words:?} from a program"), async || {
            let said = self.said();
            // Only whole lines, because a number could be cut in two.
            let whole = &said[..said.rfind('\n').map_or(0, |end| end + 1)];
            if let Some(rest) = whole.lines().find_map(|line| line.split_once(words)) {
                return Ok(Ok(rest.1.to_owned()));
            }
            if let Ok(Some(_)) = self.child.try_wait() {
                return Ok(Err(said));
            }
            Err(said)
        })
        .await
    }

    /// All it has said.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) -> ExitStatus {
        signal("TERM", &[self.child.id()]);
        until("see a program stop after SIGTERM", async || {
            self.child.try_wait().ok().flatten().ok_or_else(|| "it still runs".to_owned())
        })
        .await
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail when it has ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a signal. The shell's own `kill`, because not every machine has the program.
pub fn signal(name: &str, processes: &[u32]) {
    let numbers = processes.iter().map(u32::to_string);
    let line = ["-c", r#"kill -s "$0" "$@""#, name];
    // It complains about processes that have ended meanwhile, which is what is wanted.
    let _ = Command::new("sh").args(line).args(numbers).stderr(Stdio::null()).status();
}

/// The processes whose command line names this folder, and all their descendants.
pub fn family_of(folder: &Path) -> Vec<u32> {
    let folder = folder.to_string_lossy();
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut family = Vec::new();
    for process in processes() {
        if let Some(parent) = parent(process) {
            children.entry(parent).or_default().push(process);
        }
        let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&line).contains(&*folder) {
            family.push(process);
        }
    }
    let mut next = 0;
    while let Some(process) = family.get(next) {
        let born = children.get(process).into_iter().flatten();
        let unknown: Vec<_> = born.filter(|child| !family.contains(child)).copied().collect();
        family.extend(unknown);
        next += 1;
    }
    family
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").expect("the stories need /proc to find the browser's processes");
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// The fourth field of `stat`. The second is a name in brackets that may itself hold spaces and brackets.
fn parent(process: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
