//! Desks: the places that answer. Work goes to a desk, and whoever sits there sees it.

use serde::Serialize;

use crate::{
    area::Area,
    id::DeskId,
    kind::{DeskLevel, Kind},
    reads,
};

/// What a desk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeskKind {
    /// 乡镇(街道)综治中心: every record of its township that is no secret belongs to it.
    TownshipCentre,
    /// 县综治中心: takes what a township hands up, and oversees.
    CountyCentre,
    /// 司法所, or the county's justice bureau: consultations belong to it.
    JusticeOffice,
    /// 派出所.
    Police,
    /// 人民法庭.
    Court,
    /// 律师事务所.
    LawFirm,
    /// 基层法律服务所.
    LegalServiceOffice,
    /// One that a newer version knows.
    Unknown,
}

reads!(DeskKind from word {
    "township_centre" => TownshipCentre,
    "county_centre" => CountyCentre,
    "justice_office" => JusticeOffice,
    "police" => Police,
    "court" => Court,
    "law_firm" => LawFirm,
    "legal_service_office" => LegalServiceOffice,
} else Unknown);

impl DeskKind {
    /// All that this version knows, in the order that lists show them.
    pub const ALL: [Self; 7] = [
        Self::TownshipCentre,
        Self::CountyCentre,
        Self::JusticeOffice,
        Self::Police,
        Self::Court,
        Self::LawFirm,
        Self::LegalServiceOffice,
    ];

    /// The kind as the wire, the command line and the ledgers' definitions write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TownshipCentre => "township_centre",
            Self::CountyCentre => "county_centre",
            Self::JusticeOffice => "justice_office",
            Self::Police => "police",
            Self::Court => "court",
            Self::LawFirm => "law_firm",
            Self::LegalServiceOffice => "legal_service_office",
            Self::Unknown => "unknown",
        }
    }

    /// Reads a kind as [`DeskKind::as_str`] writes it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind of desk that a ledger's records belong to. Nobody's, when only a newer version knows.
    pub const fn of(kind: &Kind) -> Option<Self> {
        match kind.desk {
            Some(DeskLevel::County) => Some(Self::CountyCentre),
            Some(DeskLevel::Unknown) => None,
            None if kind.confidential => Some(Self::JusticeOffice),
            None => Some(Self::TownshipCentre),
        }
    }

    /// Whether it governs: such a desk never sees what a lawyer's secrecy covers (律师法 art. 38), only counts.
    pub const fn governs(self) -> bool {
        matches!(self, Self::TownshipCentre | Self::CountyCentre)
    }

    /// Whether it oversees records that are other desks', without their sensitive values.
    pub const fn oversees(self) -> bool {
        matches!(self, Self::CountyCentre | Self::Unknown)
    }

    /// Whether it only takes part in what others ask it to (四所一庭一中心).
    pub const fn is_partner(self) -> bool {
        !self.governs() && !matches!(self, Self::JusticeOffice)
    }
}

/// One desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Desk {
    /// Stays the same when the name changes.
    pub id: DeskId,
    /// What it is.
    pub kind: DeskKind,
    /// 泸桥镇综治中心.
    pub name: String,
    /// What it is responsible for.
    pub area: Area,
}

reads!(Desk { id, kind, name, area });
