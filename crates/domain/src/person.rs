//! Facts about people's identifiers: resident numbers, telephone numbers and the roles of those who work with Xunji.

use serde::Serialize;

use crate::{area::Area, id::WorkerId, reads, village::VillageCode};

/// What somebody does in the village. Decides which steps they may take and which desk hears of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 网格员.
    GridWorker,
    /// 村(社区)法律顾问.
    LegalAdviser,
    /// 人民调解员.
    Mediator,
    /// 综治中心值守人员, at the township or the county.
    Coordinator,
    /// 司法所工作人员.
    JusticeOfficer,
    /// 协办单位人员: police, court, law firm, legal service office. Never a [`Worker::role`], which old phones read.
    Partner,
}

reads!(Role from word {
    "grid_worker" => GridWorker,
    "legal_adviser" => LegalAdviser,
    "mediator" => Mediator,
    "coordinator" => Coordinator,
    "justice_officer" => JusticeOfficer,
    "partner" => Partner,
});

impl Role {
    /// All roles, in the order that lists show them.
    pub const ALL: [Self; 6] = [
        Self::GridWorker,
        Self::LegalAdviser,
        Self::Mediator,
        Self::Coordinator,
        Self::JusticeOfficer,
        Self::Partner,
    ];

    /// The role as the wire, the command line and the ledgers' definitions write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GridWorker => "grid_worker",
            Self::LegalAdviser => "legal_adviser",
            Self::Mediator => "mediator",
            Self::Coordinator => "coordinator",
            Self::JusticeOfficer => "justice_officer",
            Self::Partner => "partner",
        }
    }

    /// Whether they hear what a lawyer has to keep secret (律师法 art. 38).
    pub const fn is_bound(self) -> bool {
        matches!(self, Self::LegalAdviser | Self::JusticeOfficer)
    }

    /// Whose it is to manage somebody with these roles: who is bound to secrecy is the justice office's, the others are
    /// a coordinator's.
    pub fn manager_of(roles: &[Self]) -> Self {
        if roles.iter().any(|role| role.is_bound()) { Self::JusticeOfficer } else { Self::Coordinator }
    }

    /// Reads a role as [`Role::as_str`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Somebody who works with Xunji, as others may know them.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Worker {
    /// Stays the same when the name changes.
    pub id: WorkerId,
    /// The name that histories show.
    pub name: String,
    /// What they mostly do. One of the five that the first phones know: partners pass for mediators here.
    pub role: Role,
    /// The village they are mostly responsible for; forms begin with it.
    pub village: VillageCode,
    /// All that they do, when that is more than, or something else than, [`Worker::role`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// What they are responsible for, when that is more than, or something else than, [`Worker::village`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub areas: Vec<Area>,
}

reads!(Worker { id, name, role, village, roles or default, areas or default });

impl Worker {
    /// Somebody with these roles and areas; the first of each counts most. Without an area it is the village.
    pub fn new(id: WorkerId, name: String, roles: &[Role], village: VillageCode, areas: Vec<Area>) -> Self {
        let first = roles.first().copied().unwrap_or(Role::GridWorker);
        let role = if first == Role::Partner { Role::Mediator } else { first };
        let roles = if roles == [role] { Vec::new() } else { roles.to_vec() };
        let areas = if areas == [Area::from(&village)] { Vec::new() } else { areas };
        Self { id, name, role, village, roles, areas }
    }

    /// All that they do.
    pub fn roles(&self) -> &[Role] {
        if self.roles.is_empty() { std::slice::from_ref(&self.role) } else { &self.roles }
    }

    /// Whether they do this.
    pub fn is(&self, role: Role) -> bool {
        self.roles().contains(&role)
    }

    /// What they are responsible for.
    pub fn areas(&self) -> Vec<Area> {
        if self.areas.is_empty() { vec![Area::from(&self.village)] } else { self.areas.clone() }
    }

    /// Whether they may be given work from this village.
    pub fn reaches(&self, village: &VillageCode) -> bool {
        self.areas().iter().any(|area| area.reaches(village))
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").field("id", &self.id).field("role", &self.role).finish_non_exhaustive()
    }
}

/// Whether the text is a citizen's number (GB 11643): 17 digits and a check character, with a real date of birth.
///
/// The check character is `10X98765432` at the weighted sum of the digits modulo 11.
pub fn is_resident_id(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number =
        |range: std::ops::Range<usize>| bytes[range].iter().fold(0, |sum, d| sum * 10 + u32::from(d - b'0'));
    let born = i32::try_from(number(6..10))
        .ok()
        .and_then(|year| chrono::NaiveDate::from_ymd_opt(year, number(10..12), number(12..14)));
    let sum: u32 =
        bytes[..17].iter().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    let check = CHECKS[(sum % 11) as usize];
    born.is_some_and(|day| chrono::Datelike::year(&day) >= 1850) && bytes[17].to_ascii_uppercase() == check
}

/// Whether the text can be dialled within China: a mobile number, a landline with or without its area code, a short
/// service number such as 110 or 12348, or a 400/800 number. Spaces and hyphens are allowed between digits.
pub fn is_phone(text: &str) -> bool {
    if !text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ' ' | '+')) {
        return false;
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let local = match digits.strip_prefix("86") {
        Some(rest) if text.starts_with('+') => rest,
        _ if text.contains('+') => return false,
        _ => &digits,
    };
    match local.len() {
        3 => local.starts_with("11") || local.starts_with("12"),
        5 => local.starts_with("10") || local.starts_with("12") || local.starts_with('9'),
        7 | 8 => !local.starts_with(['0', '1']),
        10 => local.starts_with("400") || local.starts_with("800") || local.starts_with('0'),
        11 => local.starts_with('0') || (local.starts_with('1') && local.as_bytes()[1] >= b'3'),
        12 => local.starts_with('0'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn resident_numbers_carry_a_check_character_and_a_real_birthday() {
        for right in ["11010519491231002X", "11010519491231002x"] {
            assert!(is_resident_id(right), "{right}");
        }
        for wrong in [
            "",
            "110105194912310021",
            "11010519490231002X",
            "1101051949123100",
            "11010519491231002村",
            "110105194912310O2X",
        ] {
            assert!(!is_resident_id(wrong), "{wrong}");
        }
    }

    proptest! {
        /// The law behind the check character: no change of a single digit goes unnoticed.
        #[test]
        fn one_wrong_digit_is_always_noticed(place in 0usize..17, digit in 0u8..10) {
            let mut text = *b"11010519491231002X";
            prop_assume!(text[place] != b'0' + digit);
            text[place] = b'0' + digit;
            prop_assert!(!is_resident_id(std::str::from_utf8(&text).unwrap()));
        }
    }

    #[test]
    fn phones_are_what_can_be_dialled() {
        for right in [
            "13800138000",
            "138 0013 8000",
            "+86 13800138000",
            "110",
            "12348",
            "0836-3122345",
            "3122345",
            "4008001234",
        ] {
            assert!(is_phone(right), "{right}");
        }
        for wrong in
            ["", "1", "139", "12800138000", "1380013800", "138001380001", "电话", "+1 555", "13800138OOO"]
        {
            assert!(!is_phone(wrong), "{wrong}");
        }
    }
}
