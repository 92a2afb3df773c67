//! Villages by their 12-digit statistical code: province 2, prefecture 2, county 2, township 3, village 3 digits.
//!
//! The built-in list covers one county and marks sample names plainly; a station serves its own county's instead.

use std::{fmt, str::FromStr, sync::OnceLock};

use serde::Serialize;

use crate::{json, reads};

/// The 12-digit code of a village or community (统计用区划代码).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct VillageCode(String);

/// The text is not a 12-digit village code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a village code has 12 digits: 6 for the county, 3 for the township, 3 for the village")]
pub struct InvalidVillageCode;

impl VillageCode {
    /// The whole code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first six digits: the county.
    pub fn county(&self) -> &str {
        &self.0[..6]
    }

    /// The first nine digits: the township.
    pub fn township(&self) -> &str {
        &self.0[..9]
    }
}

impl FromStr for VillageCode {
    type Err = InvalidVillageCode;

    fn from_str(text: &str) -> Result<Self, InvalidVillageCode> {
        let whole = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        // A township "000" or a village "000" is the code of the area above, not of a village.
        if whole && &text[6..9] != "000" && &text[9..] != "000" {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidVillageCode)
        }
    }
}

impl fmt::Display for VillageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for VillageCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VillageCode({})", self.0)
    }
}

reads!(VillageCode from text);

/// A county's townships and villages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct County {
    /// Six digits.
    pub code: String,
    /// 泸定县.
    pub name: String,
    /// In the order of their codes.
    pub townships: Vec<Township>,
}

reads!(County { code, name, townships });

/// A township (乡镇、街道) with its villages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Township {
    /// Nine digits.
    pub code: String,
    /// 泸桥镇.
    pub name: String,
    /// In the order of their codes.
    pub villages: Vec<Village>,
}

reads!(Township { code, name, villages });

/// A village or community.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Village {
    /// Twelve digits.
    pub code: VillageCode,
    /// Its name; sample names say so themselves.
    pub name: String,
}

reads!(Village { code, name });

impl County {
    /// The list that is built in: Luding (泸定), until a station gives its own.
    pub fn built_in() -> &'static Self {
        static COUNTY: OnceLock<County> = OnceLock::new();
        COUNTY.get_or_init(|| {
            json::read(include_bytes!(concat!(env!("OUT_DIR"), "/villages.json")))
                .expect("villages.toml was checked by this crate's tests")
        })
    }

    /// Every village with its township.
    pub fn villages(&self) -> impl Iterator<Item = (&Township, &Village)> {
        self.townships.iter().flat_map(|town| town.villages.iter().map(move |village| (town, village)))
    }

    /// The township's and the village's name, if the list has the village.
    pub fn find(&self, code: &str) -> Option<(&Township, &Village)> {
        self.villages().find(|(_, village)| village.code.as_str() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_twelve_digits_and_names_a_village() {
        let code: VillageCode = "513322100201".parse().unwrap();
        assert_eq!((code.county(), code.township()), ("513322", "513322100"));
        for wrong in [
            "",
            "51332210020",
            "5133221002011",
            "513322000000",
            "513322100000",
            "51332210020x",
            "５１３３２２１００２０１",
        ] {
            assert_eq!(wrong.parse::<VillageCode>(), Err(InvalidVillageCode), "{wrong}");
        }
    }

    #[test]
    fn the_built_in_county_is_consistent() {
        let county = County::built_in();
        assert_eq!((county.code.as_str(), county.townships.len()), ("513322", 7));
        let mut seen = std::collections::BTreeSet::new();
        for (town, village) in county.villages() {
            assert_eq!(village.code.county(), county.code);
            assert_eq!(village.code.township(), town.code);
            assert!(seen.insert(&village.code), "{} is listed twice", village.code);
        }
        assert!(county.find("513322100201").is_some());
    }
}
