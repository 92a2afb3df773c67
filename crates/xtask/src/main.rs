//! Builds, serves, tests, measures and packs Xunji: `cargo xtask help` lists the commands.
//!
//! The flow of a build: [`tools`] puts the pinned tools in place, [`app`] has Trunk build the application, whose
//! hook calls [`finish`] (names by content, the service worker's list), [`compress`] leaves `target/app` with `.br`
//! and `.gz` beside each file, and [`station`] embeds that folder into the one binary that serves it.

mod app;
mod args;
mod bench;
mod browser;
mod compress;
mod digest;
mod dist;
mod fault;
mod finish;
mod html;
mod lean;
mod licences;
mod lockfile;
mod precache;
mod run;
mod sentences;
mod serve;
mod station;
mod term;
mod test;
mod tools;
mod torture;
mod workspace;

use args::Command;
use fault::Outcome;
use std::process::ExitCode;
use workspace::Workspace;

fn main() -> ExitCode {
    let command = match args::parse(std::env::args().skip(1)) {
        Ok(command) => command,
        Err(fault) => {
            eprintln!("{fault}");
            return ExitCode::from(2);
        }
    };
    match dispatch(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("\n{fault}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Outcome {
    let workspace = Workspace::find();
    match command {
        Command::Help => {
            println!("{}", args::HELP);
            Ok(())
        }
        Command::Serve { listen, data } => serve::serve(&workspace, &listen, &data),
        Command::Test { only } => test::test(&workspace, &only),
        Command::Dist => dist::dist(&workspace),
        Command::Bench { quick, only } => bench::bench(&workspace, quick, &only),
        Command::Torture { minutes, seed } => torture::torture(&workspace, minutes, seed),
        Command::App => term::timed("Build the app", || app::build(&workspace)),
        Command::FinishApp => finish::from_hook(&workspace),
    }
}
