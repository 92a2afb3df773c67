//! The ledgers and villages in force: the built-in ones, and what the county has put into the data folder.
//!
//! `DATA/kinds/*.json` adds ledgers or newer versions of them, one a file; `DATA/villages.json` replaces the county,
//! `DATA/calendar.json` the table of holidays.
//! They are read once, at the start. A definition never changes under its version.

use std::{fs, io, path::PathBuf};

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, header},
    response::Response,
};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};
use xunji_domain::{
    deadline::Calendar,
    kind::{Kind, Kinds},
    village::County,
    wire,
};

use crate::{data::DataFolder, problem::Problem, reply, state::Station};

/// A file of the data folder can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{} can't be read as {what}: {cause}. The station did not start; mend the file or take it away", path.display())]
pub struct DefinitionError {
    path: PathBuf,
    what: &'static str,
    cause: String,
}

/// The definitions in force, and the answer that gives them.
#[derive(Clone, Debug)]
pub struct Definitions {
    /// Every version of every ledger.
    pub kinds: Kinds,
    /// The county's villages.
    pub county: County,
    json: Bytes,
    tag: String,
}

impl Definitions {
    /// Reads them.
    ///
    /// # Errors
    /// When one of the data folder's files can't be used.
    pub fn load(data: &DataFolder) -> Result<Self, DefinitionError> {
        let mut kinds = Kinds::default();
        for path in files(&data.kinds())? {
            let kind: Kind = read(&path, "a ledger")?;
            if kinds.exact(&kind.id, kind.version).is_some_and(|known| *known != kind) {
                return Err(DefinitionError {
                    path,
                    what: "a ledger",
                    cause: format!(
                        "version {} of {} is another one already; give it a new version",
                        kind.version, kind.id
                    ),
                });
            }
            kinds.extend([kind]);
        }
        let villages = data.villages();
        let county = match villages.is_file() {
            true => read(&villages, "the county's villages")?,
            false => County::built_in().clone(),
        };
        let days = data.calendar();
        let calendar = match days.is_file() {
            true => read(&days, "the county's calendar")?,
            false => Calendar::built_in().clone(),
        };
        let definitions = wire::Definitions { kinds: kinds.all().to_vec(), county, calendar };
        let json = serde_json::to_vec(&definitions).map_err(|error| DefinitionError {
            path: data.kinds(),
            what: "ledgers",
            cause: error.to_string(),
        })?;
        let hash = Sha256::digest(&json);
        let tag = format!("\"{}\"", hash[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>());
        Ok(Self { kinds, county: definitions.county, json: json.into(), tag })
    }
}

fn files(folder: &std::path::Path) -> Result<Vec<PathBuf>, DefinitionError> {
    let fault = |error: io::Error| DefinitionError {
        path: folder.to_owned(),
        what: "a folder of ledgers",
        cause: error.to_string(),
    };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let found: Result<Vec<_>, _> =
        fs::read_dir(folder).map_err(fault)?.map(|file| Ok(file?.path())).collect();
    let mut found = found.map_err(fault)?;
    found.retain(|path| path.extension().is_some_and(|end| end == "json"));
    found.sort();
    Ok(found)
}

fn read<T: DeserializeOwned>(path: &std::path::Path, what: &'static str) -> Result<T, DefinitionError> {
    let fault = |cause: String| DefinitionError { path: path.to_owned(), what, cause };
    let bytes = fs::read(path).map_err(|error| fault(error.to_string()))?;
    serde_json::from_slice(&bytes).map_err(|error| fault(error.to_string()))
}

/// `GET /kinds`.
///
/// # Errors
/// None; the type is that of all handlers.
pub async fn get(State(station): State<Station>, headers: HeaderMap) -> Result<Response, Problem> {
    let definitions = &station.definitions;
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    if known.is_some_and(|known| reply::matches(known, &definitions.tag)) {
        return Ok(reply::not_modified(&definitions.tag));
    }
    Ok(reply::tagged(reply::json(&headers, definitions.json.clone())?, &definitions.tag))
}
