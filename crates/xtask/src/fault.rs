//! What is said when something cannot go on.

use std::fmt;

/// Why a command stopped: the cause, what follows from it, and the one thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    cause: String,
    consequence: String,
    action: String,
}

/// What every step returns.
pub type Outcome<T = ()> = Result<T, Fault>;

impl Fault {
    /// A fault with its three sentences.
    pub fn new(cause: impl Into<String>, consequence: impl Into<String>, action: impl Into<String>) -> Self {
        Self { cause: cause.into(), consequence: consequence.into(), action: action.into() }
    }

    /// The cause alone, for a summary line.
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}\n       {}\n   do: {}", self.cause, self.consequence, self.action)
    }
}

/// Puts the path into an error of the file system, which names none.
pub trait AtPath<T> {
    /// `doing` continues the sentence "Could not …".
    fn at(self, doing: &str, path: &std::path::Path) -> Outcome<T>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, doing: &str, path: &std::path::Path) -> Outcome<T> {
        self.map_err(|error| {
            Fault::new(
                format!("Could not {doing} {}: {error}.", path.display()),
                "This step was left unfinished.",
                "Check the path's permissions and the free space, then run the command again.",
            )
        })
    }
}
