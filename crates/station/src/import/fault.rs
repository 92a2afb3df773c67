//! What can be wrong with a list: the sentence is for a terminal, the word for the app.

use serde::Serialize;
use xunji_domain::area::InvalidArea;

use super::{csv, role_names, text::NoText};

/// What is wrong with one line. Names nobody: what stands in the list is not for logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineFault {
    /// The line of the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    #[serde(flatten)]
    pub fault: Fault,
}

/// What is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// More bytes than a list may have.
    #[error("the list is larger than 10 MiB. Split it")]
    TooLarge,
    /// UTF-16.
    #[error("{}", NoText::Utf16)]
    Utf16,
    /// Not a list but a spreadsheet.
    #[error("{}", NoText::Spreadsheet)]
    Spreadsheet,
    /// Neither UTF-8 nor GBK.
    #[error("{}", NoText::Neither)]
    Encoding,
    /// A quotation mark that is never closed.
    #[error("{}", csv::Unclosed { line: *opened })]
    Quotation {
        /// The line that it is on.
        opened: usize,
    },
    /// Not a word in it.
    #[error("the list is empty")]
    Empty,
    /// Two columns say the same.
    #[error("two columns are called {column}. Take one away")]
    ColumnTwice {
        /// What they are called.
        column: String,
    },
    /// A column that has to be there isn't.
    #[error(
        "there is no column {column}. The first line names the columns: 工号,姓名,角色,村, and 区域,席位 if wanted, \
         separated by commas"
    )]
    ColumnMissing {
        /// What it is called.
        column: String,
    },
    /// More people than one list may have.
    #[error("the list has more than {most} people. Split it")]
    TooMany {
        /// How many it may have.
        most: usize,
    },
    /// The county's number stands in the list twice.
    #[error("its number (工号) stands on line {first} already. Give each person one line and one number")]
    CodeTwice {
        /// Where it stood first.
        first: usize,
    },
    /// What a spreadsheet would run.
    #[error("a cell begins with = + - or @, which spreadsheets run as a formula. Take the sign away")]
    Formula,
    /// No number, or none that can be one.
    #[error("its number (工号) is missing or longer than 40 characters")]
    Code,
    /// No name, or none that can be one.
    #[error("its name (姓名) is missing or longer than 80 characters")]
    Name,
    /// No role, or an unknown one.
    #[error("its role (角色) is missing, or is none of {}", role_names())]
    Role,
    /// No village.
    #[error("its village (村) is neither a 12-digit village code nor the name of one village")]
    Village,
    /// A long code that a spreadsheet has made a number of.
    #[error(
        "its village (村) or area (区域) is no code any more: the spreadsheet has rounded it. Format the column as text, and \
         enter the codes again"
    )]
    Rounded,
    /// No area.
    #[error("an area (区域) is {InvalidArea}")]
    Area,
    /// No desk, or several of that name.
    #[error("its desk (席位) is unknown. `desk list` names them all, and `desk add` adds one")]
    Desk,
    /// Outside the area of whoever imports.
    #[error("it reaches outside your area")]
    OutsideArea,
    /// A role or a seat that whoever imports can't give.
    #[error("its role (角色) or desk (席位) is not yours to give")]
    NotYours,
    /// The number is somebody's whom whoever imports doesn't manage.
    #[error("its number (工号) is taken. Give it another one, or ask the office")]
    CodeTaken,
}

impl From<NoText> for Fault {
    fn from(error: NoText) -> Self {
        match error {
            NoText::Utf16 => Self::Utf16,
            NoText::Spreadsheet => Self::Spreadsheet,
            NoText::Neither => Self::Encoding,
        }
    }
}
