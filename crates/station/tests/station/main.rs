//! The station from outside: every test starts its own, on a free port and a data folder of its own.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it must be")]

mod any_order;
mod app;
mod attachments;
mod bad_input;
mod check;
mod command_line;
mod contract;
mod courses;
mod desks;
mod directory;
mod durability;
mod enrolment;
mod exactly_once;
mod guesses;
mod http;
mod judging;
mod listening;
mod lists;
mod mailboxes;
mod merging;
mod people;
mod program;
mod readings;
mod recovery;
mod released;
mod seats;
mod siege;
mod signed;
mod slips;
mod staff;
mod support;
mod torture;
mod waiting;
