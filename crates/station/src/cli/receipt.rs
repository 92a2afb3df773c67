//! `receipt`: whether a receipt that somebody shows (导出送达回执) is this station's own.

use std::{
    fs,
    io::{self, Write},
    process::ExitCode,
};

use serde::Serialize;
use xunji_domain::{json, wire::Receipt};

use super::{CliError, ReceiptArgs};
use crate::{
    data::DataFolder,
    db::{self, DbError},
    ingest::store,
    receipt_key::{self, PublicKey},
};

/// The exit code for a receipt that the station didn't give.
const FOREIGN: u8 = 5;

/// What is found out about a receipt. Frozen: scripts read it.
#[derive(Serialize)]
struct Finding {
    /// Whether this station's key signed it.
    genuine: bool,
    /// Whether the station has the entry that it speaks of, with this digest, and would give the same receipt today.
    stored: bool,
    /// What the receipt says.
    receipt: Receipt,
}

pub(super) async fn run(args: ReceiptArgs) -> Result<ExitCode, CliError> {
    let text = fs::read(&args.file).map_err(|source| CliError::File { path: args.file.clone(), source })?;
    let unreadable = |_| CliError::NotAReceipt(args.file.clone());
    let file = json::read::<json::Value>(&text).map_err(unreadable)?;
    // The file of a phone has the receipt among other things; the bare one is as good.
    let receipt =
        json::part::<Receipt>(&file, "receipt").or_else(|_| json::read(&text)).map_err(unreadable)?;

    let data = DataFolder::existing(&args.data)?;
    let mut connection = db::open_reader(&data.database()).await?;
    let key = receipt_key::known(&mut connection).await?.as_deref().and_then(PublicKey::parse);
    let genuine = key.is_some_and(|key| key.verifies(&receipt));
    let row = sqlx::query("SELECT * FROM entries WHERE id = ?")
        .bind(receipt.entry.to_string())
        .fetch_optional(&mut connection)
        .await
        .map_err(DbError::from)?;
    let stored = row.as_ref().map(store::receipt).transpose()?.is_some_and(|own| own == receipt);
    let finding = Finding { genuine, stored, receipt };
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &finding).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        writeln!(out, "{}", sentence(&finding))?;
    }
    Ok(if genuine && stored { ExitCode::SUCCESS } else { ExitCode::from(FOREIGN) })
}

fn sentence(Finding { genuine, stored, receipt }: &Finding) -> String {
    let Receipt { entry, received_at, .. } = receipt;
    match (genuine, stored) {
        (true, true) => {
            format!("Genuine: this station received the entry {entry} at {received_at} and has it")
        }
        (true, false) => format!(
            "Signed by this station, which does not have the entry {entry} as the receipt says: it was restored from \
             an older backup, perhaps. Keep the receipt, and run `check`"
        ),
        (false, _) => "Not genuine: this station did not sign it, or it was changed since".to_owned(),
    }
}
