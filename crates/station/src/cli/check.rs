//! `check`.

use std::{
    io::{self, BufWriter, Write},
    process::ExitCode,
};

use serde::Serialize;

use super::{CheckArgs, CliError};
use crate::{
    check::{
        self,
        finding::{Counts, Finding, Report},
    },
    data::DataFolder,
};

/// The exit code for damage.
const DAMAGED: u8 = 5;

/// One line of `--json`. Frozen: scripts read it.
#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// The last line of `--json`.
#[derive(Serialize)]
struct Summary {
    level: &'static str,
    clean: bool,
    damage: usize,
    news: usize,
    #[serde(flatten)]
    counts: Counts,
}

pub(super) async fn run(args: CheckArgs) -> Result<ExitCode, CliError> {
    let data = DataFolder::existing(&args.data)?;
    let report = check::check(&data).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    for finding in &report.findings {
        if args.json {
            json(&mut out, &Line { level: finding.level(), finding })?;
        } else {
            writeln!(out, "{:<6}  {finding}", finding.level())?;
        }
    }
    if args.json {
        let (damage, news) = (report.damage(), report.news());
        json(
            &mut out,
            &Summary { level: "summary", clean: damage == 0, damage, news, counts: report.counts },
        )?;
    } else {
        writeln!(out, "{}", sentence(&report))?;
    }
    out.flush()?;
    Ok(if report.damage() == 0 { ExitCode::SUCCESS } else { ExitCode::from(DAMAGED) })
}

fn json(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}

fn sentence(report: &Report) -> String {
    let Counts { entries, attachments, records, mailboxes, installations } = report.counts;
    let looked = format!(
        "Looked at {entries} entries with their receipts, {attachments} attachments, {records} records, \
         {mailboxes} mailboxes, {installations} installations"
    );
    let news = match report.news() {
        0 => String::new(),
        news => format!(" News for a person: {news}."),
    };
    match report.damage() {
        0 => format!("{looked}: no damage.{news}"),
        damage => {
            format!("{looked}. Damage: {damage}. Keep this folder, and put back the last backup.{news}")
        }
    }
}
