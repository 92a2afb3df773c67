//! `import`.

use std::{
    fs,
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;
use serde_json::json;
use sqlx::Connection;

use super::{CliError, Office, worker::open};
use crate::{
    data::DataFolder,
    db::DbError,
    definitions::Definitions,
    import::{self, LineFault, text::Encoding},
};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The list: CSV in UTF-8 or GBK. Its first line names the columns: 工号,姓名,角色,村 and, if wanted, 区域,席位 (or
    /// code,name,roles,village,areas,desks). Several roles, areas or desks in one cell are separated by semicolons.
    /// Villages, areas and desks are named by their codes, or by what they are called here.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only says what would be done.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    office: Office,
}

pub(super) async fn run(args: ImportArgs) -> Result<(), CliError> {
    let bytes = fs::read(&args.file).map_err(|source| CliError::File { path: args.file.clone(), source })?;
    let refused = |faults: Vec<LineFault>| CliError::List(faults);
    let county = Definitions::load(&DataFolder::existing(&args.office.data)?)?.county;
    let (listed, encoding) = import::read(&bytes, &county, usize::MAX).map_err(refused)?;
    let mut connection = open(&args.office.data).await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(DbError::from)?;
    let stored = import::store(&mut transaction, &listed, &args.office.by, args.dry_run).await?;
    let imported = stored.map_err(refused)?;
    transaction.commit().await.map_err(DbError::from)?;
    connection.close().await.map_err(DbError::from)?;
    let mut out = io::stdout().lock();
    if args.office.json {
        let workers: Vec<_> =
            imported.workers.iter().map(|(code, id)| json!({ "code": code, "worker": id })).collect();
        let said = json!({
            "dry_run": args.dry_run, "added": imported.added, "known": imported.known,
            "workers": if args.dry_run { Vec::new() } else { workers },
        });
        writeln!(out, "{said}")?;
        return Ok(());
    }
    if encoding == Encoding::Gbk {
        writeln!(out, "The list was read as GBK. Look at the names with `worker list`.")?;
    }
    let would = if args.dry_run { "would be " } else { "" };
    let (added, known) = (imported.added, imported.known);
    writeln!(out, "{added} people {would}added; {known} were known by their number and stay as they are.")?;
    Ok(())
}
