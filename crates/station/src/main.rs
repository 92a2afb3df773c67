//! `xunji-station`: the command line of the station. See [`xunji_station::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    xunji_station::cli::main()
}
