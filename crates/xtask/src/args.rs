//! The command line, parsed by hand: eight words do not need a library.

use crate::bench::Part;
use crate::fault::{Fault, Outcome};
use crate::test::Step;

/// What `cargo xtask help` prints.
pub const HELP: &str = "\
cargo xtask <command>

  serve [--listen 127.0.0.1:8080] [--data ./data]
               build app and station, start the station, print a link to enrol the first worker
  test [--only STEP]...
               everything that must hold; STEP is one of
               format, lint, lint-app, native, storage, app, station, stories
  dist         target/dist/xunji-station: one file, the app inside
  bench [--quick] [--only PART]...
               sizes and speeds as a table, each beside its bare limit; PART is one of
               bytes, start, save, photos, sync, ledger, desk, station, torture
  torture [--minutes 10] [--seed N]
               phones, tabs and a station in a world of faults for so long; says what was lost and doubled
  app          only build the app, into target/app
  finish-app   the last step of a Trunk build (Trunk calls it)
  help         this text

Whatever is missing is installed first; what is in place is left alone.
Environment: XUNJI_CHROMIUM and XUNJI_CHROMEDRIVER name a browser of your own;
XUNJI_STATION names a built station for `bench` to measure.";

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// Print the help.
    Help,
    /// Build everything and serve it.
    Serve {
        /// The address to listen on.
        listen: String,
        /// The station's data folder.
        data: String,
    },
    /// Run the checks and tests.
    Test {
        /// The steps to run; none means all.
        only: Vec<Step>,
    },
    /// Pack one file.
    Dist,
    /// Measure.
    Bench {
        /// Few samples, only to see that everything runs.
        quick: bool,
        /// The parts to measure; none means all.
        only: Vec<Part>,
    },
    /// Torture the engine and the pocket.
    Torture {
        /// For how long.
        minutes: u32,
        /// The first scenario; without it, one that depends on the time.
        seed: Option<u64>,
    },
    /// Build the app only.
    App,
    /// Finish a Trunk build.
    FinishApp,
}

/// Reads the arguments after the program's name.
pub fn parse(args: impl Iterator<Item = String>) -> Outcome<Command> {
    let mut args = Args { rest: args.collect::<Vec<_>>().into_iter() };
    let Some(name) = args.rest.next() else { return Ok(Command::Help) };
    let command = match name.as_str() {
        "help" | "--help" | "-h" => return Ok(Command::Help),
        "serve" => {
            let (mut listen, mut data) = ("127.0.0.1:8080".to_owned(), "./data".to_owned());
            while let Some(option) = args.option()? {
                match option.as_str() {
                    "--listen" => listen = args.value(&option)?,
                    "--data" => data = args.value(&option)?,
                    "--help" => return Ok(Command::Help),
                    _ => return Err(unknown(&option)),
                }
            }
            Command::Serve { listen, data }
        }
        "test" => {
            let mut only = Vec::new();
            while let Some(option) = args.option()? {
                match option.as_str() {
                    "--only" => only.extend(args.words(&option, Step::named)?),
                    "--help" => return Ok(Command::Help),
                    _ => return Err(unknown(&option)),
                }
            }
            Command::Test { only }
        }
        "dist" => Command::Dist,
        "bench" => {
            let (mut quick, mut only) = (false, Vec::new());
            while let Some(option) = args.option()? {
                match option.as_str() {
                    "--quick" => quick = true,
                    "--only" => only.extend(args.words(&option, Part::named)?),
                    "--help" => return Ok(Command::Help),
                    _ => return Err(unknown(&option)),
                }
            }
            Command::Bench { quick, only }
        }
        "torture" => {
            let (mut minutes, mut seed) = (10, None);
            while let Some(option) = args.option()? {
                match option.as_str() {
                    "--minutes" => minutes = args.number(&option)?,
                    "--seed" => seed = Some(args.number(&option)?),
                    "--help" => return Ok(Command::Help),
                    _ => return Err(unknown(&option)),
                }
            }
            Command::Torture { minutes, seed }
        }
        "app" => Command::App,
        "finish-app" => Command::FinishApp,
        _ => return Err(unknown(&name)),
    };
    match args.option()? {
        None => Ok(command),
        Some(option) if option == "--help" => Ok(Command::Help),
        Some(option) => Err(unknown(&option)),
    }
}

struct Args {
    rest: std::vec::IntoIter<String>,
}

impl Args {
    /// The next option; `--name=value` is split in two.
    fn option(&mut self) -> Outcome<Option<String>> {
        let Some(word) = self.rest.next() else { return Ok(None) };
        if word == "-h" {
            return Ok(Some("--help".to_owned()));
        }
        if !word.starts_with("--") {
            return Err(unknown(&word));
        }
        if let Some((option, value)) = word.split_once('=') {
            let rest: Vec<_> = std::iter::once(value.to_owned()).chain(self.rest.by_ref()).collect();
            self.rest = rest.into_iter();
            return Ok(Some(option.to_owned()));
        }
        Ok(Some(word))
    }

    fn number<T: std::str::FromStr>(&mut self, option: &str) -> Outcome<T> {
        let value = self.value(option)?;
        value.parse().map_err(|_| unknown(&format!("{option} {value}")))
    }

    fn value(&mut self, option: &str) -> Outcome<String> {
        self.rest.next().filter(|value| !value.is_empty()).ok_or_else(|| {
            Fault::new(
                format!("{option} needs a value."),
                "Nothing was done.",
                format!("Write {option} VALUE; `cargo xtask help` shows examples."),
            )
        })
    }

    /// Several words in one value, between commas.
    fn words<T>(&mut self, option: &str, named: impl Fn(&str) -> Option<T>) -> Outcome<Vec<T>> {
        self.value(option)?.split(',').map(|word| named(word).ok_or_else(|| unknown(word))).collect()
    }
}

fn unknown(word: &str) -> Fault {
    Fault::new(
        format!("Xtask does not know `{word}`."),
        "Nothing was done.",
        "Run `cargo xtask help` and take one of the words listed there.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Command> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn serve_has_defaults_and_takes_both_spellings() {
        let serve = |listen: &str, data: &str| Command::Serve { listen: listen.into(), data: data.into() };
        assert_eq!(parsed("serve"), Ok(serve("127.0.0.1:8080", "./data")));
        assert_eq!(parsed("serve --data /srv/x --listen=0.0.0.0:80"), Ok(serve("0.0.0.0:80", "/srv/x")));
    }

    #[test]
    fn test_takes_several_steps() {
        assert_eq!(parsed("test"), Ok(Command::Test { only: vec![] }));
        assert_eq!(
            parsed("test --only format,lint --only stories"),
            Ok(Command::Test { only: vec![Step::Format, Step::Lint, Step::Stories] })
        );
    }

    #[test]
    fn bench_takes_parts() {
        assert_eq!(parsed("bench"), Ok(Command::Bench { quick: false, only: vec![] }));
        assert_eq!(
            parsed("bench --quick --only save,bytes"),
            Ok(Command::Bench { quick: true, only: vec![Part::Save, Part::Bytes] })
        );
        assert!(parsed("bench --only all").is_err());
    }

    #[test]
    fn torture_takes_numbers() {
        assert_eq!(parsed("torture"), Ok(Command::Torture { minutes: 10, seed: None }));
        let both = Command::Torture { minutes: 1, seed: Some(7) };
        assert_eq!(parsed("torture --seed 7 --minutes=1"), Ok(both));
        assert!(parsed("torture --minutes long").is_err());
    }

    #[test]
    fn nothing_asks_for_help() {
        for line in ["", "help", "--help", "serve --help", "dist -h"] {
            assert_eq!(parsed(line), Ok(Command::Help), "{line}");
        }
    }

    #[test]
    fn a_wrong_word_is_named() {
        for line in ["sevre", "serve --port 1", "test --only storys", "dist extra", "serve --data"] {
            let said = parsed(line).expect_err(line).to_string();
            assert!(said.contains("do: "), "{said}");
        }
        assert!(parsed("test --only storys").expect_err("wrong").to_string().contains("storys"));
    }

    #[test]
    fn the_help_lists_every_step_and_part() {
        for step in Step::ALL {
            assert!(HELP.contains(step.name()), "{}", step.name());
        }
        for part in Part::ALL {
            assert!(HELP.contains(part.name()), "{}", part.name());
        }
    }
}
