//! Imports people from a list that an office keeps (CSV).
//!
//! ```text
//! bytes → text (UTF-8, GBK) → rows → headings → people (every fault by its line) → all of them, or none
//! ```
//!
//! Invariant: a list with a single fault changes nothing, and the same list twice changes nothing the second time: people
//! are told apart by the county's own number (工号).

pub mod csv;
pub mod fault;
pub mod text;

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;
use sqlx::{Row as _, SqliteConnection};
use uuid::Uuid;
use xunji_domain::{
    area::Area,
    desk::Desk,
    id::WorkerId,
    person::{Role, Worker},
    village::{County, Township, Village, VillageCode},
};

use crate::{
    audit,
    db::{DbError, parsed},
    desks, people,
};
use csv::Row;
pub use fault::{Fault, LineFault};
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
#[derive(Clone, PartialEq, Eq)]
pub struct Listed {
    /// The line.
    pub line: usize,
    /// The county's own number.
    pub code: String,
    /// The person, under an id of their own.
    pub worker: Worker,
    /// The desks at which they sit besides those that come with their roles, by id or name.
    pub desks: Vec<String>,
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

/// Reads a list of at most so many people. Villages and areas are codes, or what the county calls them.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read(bytes: &[u8], county: &County, most: usize) -> Result<(Vec<Listed>, Encoding), Vec<LineFault>> {
    let whole = |fault: Fault| vec![LineFault { line: 1, fault }];
    if bytes.len() > BYTES {
        return Err(whole(Fault::TooLarge));
    }
    let (text, encoding) = text::read(bytes).map_err(|error| whole(error.into()))?;
    let quotation =
        |csv::Unclosed { line }| vec![LineFault { line, fault: Fault::Quotation { opened: line } }];
    let mut rows = csv::rows(&text).map_err(quotation)?.into_iter();
    let headings = rows.next().ok_or_else(|| whole(Fault::Empty))?;
    let columns = columns(&headings).map_err(whole)?;
    // Before each line's faults are told.
    if rows.len() > most {
        return Err(whole(Fault::TooMany { most }));
    }
    let (mut listed, mut faults, mut codes) = (Vec::new(), Vec::new(), BTreeMap::new());
    for row in rows {
        match person(&columns, &row, county) {
            Ok(person) => match codes.insert(person.code.clone(), row.line) {
                Some(first) => faults.push(LineFault { line: row.line, fault: Fault::CodeTwice { first } }),
                None => listed.push(person),
            },
            Err(found) => faults.extend(found.into_iter().map(|fault| LineFault { line: row.line, fault })),
        }
    }
    if faults.is_empty() { Ok((listed, encoding)) } else { Err(faults) }
}

fn columns(headings: &Row) -> Result<BTreeMap<&'static str, usize>, Fault> {
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
            return Err(Fault::ColumnTwice { column: heading.clone() });
        }
    }
    let missing = COLUMNS[..4].iter().find(|(id, _)| !columns.contains_key(id));
    match missing {
        Some((_, names)) => Err(Fault::ColumnMissing { column: names[0].to_owned() }),
        None => Ok(columns),
    }
}

fn person(columns: &BTreeMap<&'static str, usize>, row: &Row, county: &County) -> Result<Listed, Vec<Fault>> {
    let mut faults = Vec::new();
    if row.cells.iter().any(|cell| csv::is_formula(cell)) {
        faults.push(Fault::Formula);
    }
    let cell = |id: &str| columns.get(id).and_then(|at| row.cells.get(*at)).map_or("", String::as_str);
    let (code, name) = (cell("code"), cell("name"));
    if code.is_empty() || code.chars().count() > 40 || code.chars().any(char::is_control) {
        faults.push(Fault::Code);
    }
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        faults.push(Fault::Name);
    }
    let read: Option<Vec<Role>> = words(cell("roles")).map(role).collect();
    let mut roles = Vec::new();
    for role in read.unwrap_or_default() {
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    if roles.is_empty() {
        faults.push(Fault::Role);
    }
    let village = village(county, cell("village"));
    if village.is_none() {
        faults.push(if is_rounded(cell("village")) { Fault::Rounded } else { Fault::Village });
    }
    let mut areas = Vec::new();
    for word in words(cell("areas")) {
        match area(county, word) {
            Some(area) => areas.push(area),
            None => faults.push(if is_rounded(word) { Fault::Rounded } else { Fault::Area }),
        }
    }
    match village {
        Some(village) if faults.is_empty() => {
            let areas = if areas.is_empty() { people::usual_areas(&roles, &village) } else { areas };
            let worker = Worker::new(WorkerId::new(Uuid::now_v7()), name.to_owned(), &roles, village, areas);
            let desks = words(cell("desks")).map(str::to_owned).collect();
            Ok(Listed { line: row.line, code: code.to_owned(), worker, desks })
        }
        _ => Err(faults),
    }
}

/// A village by its code, or by its name, with or without its township's, where only one is called so.
fn village(county: &County, word: &str) -> Option<VillageCode> {
    let plain = unified(word);
    let named = |(town, village): &(&Township, &Village)| {
        let name = unified(&village.name);
        name == plain || unified(&town.name) + &name == plain
    };
    word.parse().ok().or_else(|| {
        let mut found = county.villages().filter(named);
        found.next().filter(|_| found.next().is_none()).map(|(_, village)| village.code.clone())
    })
}

/// An area by its code, or by the name of the county, a township or a village.
fn area(county: &County, word: &str) -> Option<Area> {
    let town = county.townships.iter().find(|town| town.name == word);
    let code = if word == county.name { Some(&county.code) } else { town.map(|town| &town.code) };
    let named = || code.and_then(|code| code.parse().ok());
    word.parse().ok().or_else(named).or_else(|| village(county, word).map(|village| Area::from(&village)))
}

/// Without the difference between brackets of either width.
fn unified(name: &str) -> String {
    name.replace('（', "(").replace('）', ")")
}

/// Whether it is what a spreadsheet makes of a long code.
fn is_rounded(code: &str) -> bool {
    code.contains(['E', 'e']) && code.starts_with(|first: char| first.is_ascii_digit())
}

/// The desk of this id, or of this name where only one is called so.
pub fn desk<'a>(desks: &'a [Desk], word: &str) -> Option<&'a Desk> {
    desks.iter().find(|desk| desk.id.as_str() == word).or_else(|| {
        let mut named = desks.iter().filter(|desk| desk.name == word);
        named.next().filter(|_| named.next().is_none())
    })
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

/// Whose number is which.
///
/// # Errors
/// When the database fails.
pub async fn known(connection: &mut SqliteConnection) -> Result<BTreeMap<String, WorkerId>, DbError> {
    let rows =
        sqlx::query("SELECT code, id FROM workers WHERE code IS NOT NULL").fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get("code")?, parsed(row, "id")?))).collect()
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
    let known = known(connection).await?;
    let all = desks::all(connection).await?;
    let (mut imported, mut faults) = (Imported::default(), Vec::new());
    for person in listed {
        let strange = person.desks.iter().filter(|word| desk(&all, word).is_none());
        faults.extend(strange.map(|_| LineFault { line: person.line, fault: Fault::Desk }));
        if known.contains_key(&person.code) {
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
    for person in listed.iter().filter(|person| !known.contains_key(&person.code)) {
        people::add(connection, &person.worker).await?;
        sqlx::query("UPDATE workers SET code = ? WHERE id = ?")
            .bind(&person.code)
            .bind(person.worker.id.to_string())
            .execute(&mut *connection)
            .await?;
        for desk in person.desks.iter().filter_map(|word| desk(&all, word)) {
            desks::seat(connection, &desk.id, person.worker.id).await?;
        }
    }
    let what = json!({ "act": "import", "by": by, "added": imported.added, "known": imported.known });
    audit::note(connection, &what).await?;
    Ok(Ok(imported))
}

#[cfg(test)]
mod tests {
    use xunji_domain::json;

    use super::*;

    #[test]
    fn places_and_desks_are_named_by_code_or_by_the_one_name_that_fits() {
        let county: County = json::read(
            r#"{"code":"513322","name":"泸定县","townships":[
                {"code":"513322100","name":"泸桥镇","villages":[
                    {"code":"513322100201","name":"新村"},{"code":"513322100202","name":"大坝村(示例)"}]},
                {"code":"513322101","name":"冷碛镇","villages":[{"code":"513322101201","name":"新村"}]}]}"#
                .as_bytes(),
        )
        .unwrap();
        let found = |word: &str| village(&county, word).map(|village| village.as_str().to_owned());
        for (word, code) in [
            ("513322100201", Some("513322100201")),
            ("冷碛镇新村", Some("513322101201")),
            ("大坝村（示例）", Some("513322100202")),
            ("泸桥镇大坝村(示例)", Some("513322100202")),
            ("新村", None),
            ("大坝", None),
            ("", None),
        ] {
            assert_eq!(found(word).as_deref(), code, "{word}");
        }
        let found = |word: &str| area(&county, word).map(|area| area.to_string());
        for (word, code) in [
            ("泸定县", Some("513322")),
            ("泸桥镇", Some("513322100")),
            ("冷碛镇新村", Some("513322101201")),
            ("513322100201003", Some("513322100201003")),
            ("新村", None),
        ] {
            assert_eq!(found(word).as_deref(), code, "{word}");
        }
        let named = |id: &str, name: &str| Desk {
            id: id.into(),
            kind: xunji_domain::desk::DeskKind::Police,
            name: name.to_owned(),
            area: "513322".parse().unwrap(),
        };
        let desks = [named("a", "派出所"), named("b", "派出所"), named("c", "泸桥派出所")];
        let found = |word: &str| desk(&desks, word).map(|desk| desk.id.to_string());
        assert_eq!(found("b").as_deref(), Some("b"));
        assert_eq!(found("泸桥派出所").as_deref(), Some("c"));
        assert_eq!((found("派出所"), found("法庭")), (None, None), "two are called so, and none");
    }
}
