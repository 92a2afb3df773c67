//! Imports people from a list that an office keeps (CSV).
//!
//! ```text
//! bytes → text (UTF-8, GBK) → rows → headings → people (every fault by its line) → all of them, or none
//! ```
//!
//! Invariant: a list with a single fault changes nothing, and the same list twice changes nothing the second time: people
//! are told apart by the county's own number (工号).

pub mod csv;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::json;
use sqlx::SqliteConnection;
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    id::{DeskId, WorkerId},
    person::{Role, Worker},
    village::VillageCode,
};

use crate::{audit, db::DbError, desks, people};
use csv::Row;
use text::Encoding;

/// The most bytes of a list.
pub const BYTES: usize = 10 * 1024 * 1024;

/// What a column says, by its headings.
const COLUMNS: [(&str, [&str; 3]); 6] = [
    ("code", ["工号", "编号", "人员编号"]),
    ("name", ["姓名", "名字", "人员姓名"]),
    ("roles", ["角色", "身份", "岗位"]),
    ("village", ["村", "村(社区)代码", "村代码"]),
    ("areas", ["区域", "负责区域", "区划代码"]),
    ("desks", ["席位", "工作台", "部门"]),
];

/// What roles are called in lists.
const ROLES: [(Role, &[&str]); 6] = [
    (Role::GridWorker, &["网格员", "专职网格员", "治安员"]),
    (Role::LegalAdviser, &["法律顾问", "村法律顾问", "律师"]),
    (Role::Mediator, &["人民调解员", "调解员"]),
    (Role::Coordinator, &["综治中心值守", "综治中心", "值守人员"]),
    (Role::JusticeOfficer, &["司法所工作人员", "司法助理员"]),
    (Role::Partner, &["协办单位人员", "协办人员"]),
];

/// Somebody on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The line.
    pub line: usize,
    /// The county's own number.
    pub code: String,
    /// The person, under an id of their own.
    pub worker: Worker,
    /// The desks at which they sit besides those that come with their roles.
    pub desks: Vec<DeskId>,
}

/// What is wrong with one line. Names nobody: what stands in the list is not for logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineFault {
    /// The line of the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub fault: String,
}

/// What came of an import.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Imported {
    /// Added, or to be added.
    pub added: usize,
    /// Known already by their number, and left as they are.
    pub known: usize,
    /// Who was added: number, id.
    #[serde(skip)]
    pub workers: Vec<(String, WorkerId)>,
}

/// Reads a list.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(bytes: &[u8]) -> Result<(Vec<Listed>, Encoding), Vec<LineFault>> {
    let whole = |fault: String| vec![LineFault { line: 1, fault }];
    if bytes.len() > BYTES {
        return Err(whole("the list is larger than 10 MiB. Split it".to_owned()));
    }
    let (text, encoding) = text::read(bytes).map_err(|error| whole(error.to_string()))?;
    let mut rows = csv::rows(&text)
        .map_err(|error| vec![LineFault { line: error.line, fault: error.to_string() }])?
        .into_iter();
    let headings = rows.next().ok_or_else(|| whole("the list is empty".to_owned()))?;
    let columns = columns(&headings).map_err(whole)?;
    let (mut listed, mut faults, mut codes) = (Vec::new(), Vec::new(), BTreeMap::new());
    for row in rows {
        match person(&columns, &row) {
            Ok(person) => match codes.insert(person.code.clone(), row.line) {
                Some(first) => faults.push(LineFault {
                    line: row.line,
                    fault: format!("its number (工号) stands on line {first} already. Give each person one line and one number"),
                }),
                None => listed.push(person),
            },
            Err(found) => faults.extend(found.into_iter().map(|fault| LineFault { line: row.line, fault })),
        }
    }
    if faults.is_empty() { Ok((listed, encoding)) } else { Err(faults) }
}

fn columns(headings: &Row) -> Result<BTreeMap<&'static str, usize>, String> {
    let mut columns = BTreeMap::new();
    for (at, heading) in headings.cells.iter().enumerate() {
        let plain = heading.replace(['（', '）'], "").replace(char::is_whitespace, "").to_lowercase();
        let known = COLUMNS.iter().find(|(id, names)| {
            *id == plain
                || names.iter().any(|name| name.replace(['(', ')'], "") == plain.replace(['(', ')'], ""))
        });
        if let Some((id, _)) = known
            && columns.insert(*id, at).is_some()
        {
            return Err(format!("two columns are called {heading}. Take one away"));
        }
    }
    for (id, names) in &COLUMNS[..4] {
        if !columns.contains_key(id) {
            return Err(format!(
                "there is no column {} ({id}). The first line names the columns: 工号,姓名,角色,村, and 区域,席位 if wanted, \
                 separated by commas",
                names[0]
            ));
        }
    }
    Ok(columns)
}

fn person(columns: &BTreeMap<&'static str, usize>, row: &Row) -> Result<Listed, Vec<String>> {
    let mut faults = Vec::new();
    if row.cells.iter().any(|cell| csv::is_formula(cell)) {
        faults.push(
            "a cell begins with = + - or @, which spreadsheets run as a formula. Take the sign away"
                .to_owned(),
        );
    }
    let cell = |id: &str| columns.get(id).and_then(|at| row.cells.get(*at)).map_or("", String::as_str);
    let (code, name) = (cell("code"), cell("name"));
    if code.is_empty() || code.chars().count() > 40 || code.chars().any(char::is_control) {
        faults.push("its number (工号) is missing or longer than 40 characters".to_owned());
    }
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        faults.push("its name (姓名) is missing or longer than 80 characters".to_owned());
    }
    let mut roles = Vec::new();
    for word in words(cell("roles")) {
        match role(word) {
            Some(role) if roles.contains(&role) => {}
            Some(role) => roles.push(role),
            None => faults.push(format!("its role (角色) is none of {}", role_names())),
        }
    }
    if words(cell("roles")).next().is_none() {
        faults.push(format!("its role (角色) is missing. It is one or more of {}", role_names()));
    }
    let village = cell("village").parse::<VillageCode>();
    if village.is_err() {
        faults.push(format!("its village (村) is not a 12-digit village code{}", spoiled(cell("village"))));
    }
    let mut areas = Vec::new();
    for word in words(cell("areas")) {
        match word.parse::<Area>() {
            Ok(area) => areas.push(area),
            Err(error) => faults.push(format!("an area (区域) is {error}{}", spoiled(word))),
        }
    }
    match village {
        Ok(village) if faults.is_empty() => {
            let areas = if areas.is_empty() { people::usual_areas(&roles, &village) } else { areas };
            let worker = Worker::new(WorkerId::new(Uuid::now_v7()), name.to_owned(), &roles, village, areas);
            let desks = words(cell("desks")).map(DeskId::new).collect();
            Ok(Listed { line: row.line, code: code.to_owned(), worker, desks })
        }
        _ => Err(faults),
    }
}

/// What a spreadsheet does to long codes.
fn spoiled(code: &str) -> &'static str {
    let is_float = code.contains(['E', 'e']) && code.starts_with(|first: char| first.is_ascii_digit());
    if is_float {
        ": the spreadsheet has rounded it. Format the column as text, and enter the codes again"
    } else {
        ""
    }
}

fn words(cell: &str) -> impl Iterator<Item = &str> {
    cell.split([';', '；', '、', '/', '|', '，', ',']).map(str::trim).filter(|word| !word.is_empty())
}

fn role(word: &str) -> Option<Role> {
    let named = ROLES.iter().find(|(_, names)| names.contains(&word)).map(|(role, _)| *role);
    named.or_else(|| Role::parse(word))
}

fn role_names() -> String {
    ROLES.map(|(_, names)| names[0]).join(" ")
}

/// Puts a list into the database. With `dry_run` nothing is written, and the answer is what would have come of it.
///
/// # Errors
/// The outer one when the database fails, the inner ones for what doesn't fit what is known; then nothing may be
/// committed.
pub async fn store(
    connection: &mut SqliteConnection,
    listed: &[Listed],
    by: &str,
    dry_run: bool,
) -> Result<Result<Imported, Vec<LineFault>>, DbError> {
    let known: Vec<String> = sqlx::query_scalar("SELECT code FROM workers WHERE code IS NOT NULL")
        .fetch_all(&mut *connection)
        .await?;
    let known: BTreeSet<String> = known.into_iter().collect();
    let desk_ids: BTreeSet<_> = desks::all(connection).await?.into_iter().map(|desk| desk.id).collect();
    let (mut imported, mut faults) = (Imported::default(), Vec::new());
    for person in listed {
        let strange = person.desks.iter().filter(|desk| !desk_ids.contains(*desk));
        faults.extend(strange.map(|_| LineFault {
            line: person.line,
            fault:
                "its desk (席位) is unknown. `desk list` names them all, and `desk add` adds one".to_owned(),
        }));
        if known.contains(&person.code) {
            imported.known += 1;
        } else {
            imported.added += 1;
            imported.workers.push((person.code.clone(), person.worker.id));
        }
    }
    if !faults.is_empty() {
        return Ok(Err(faults));
    }
    if dry_run || imported.added == 0 {
        return Ok(Ok(imported));
    }
    for person in listed.iter().filter(|person| !known.contains(&person.code)) {
        people::add(connection, &person.worker).await?;
        sqlx::query("UPDATE workers SET code = ? WHERE id = ?")
            .bind(&person.code)
            .bind(person.worker.id.to_string())
            .execute(&mut *connection)
            .await?;
        for desk in &person.desks {
            desks::seat(connection, desk, person.worker.id).await?;
        }
    }
    let what = json!({ "act": "import", "by": by, "added": imported.added, "known": imported.known });
    audit::note(connection, &what).await?;
    Ok(Ok(imported))
}
