//! An area: a county, a township, a village or a grid, by the digits that all codes inside it begin with.

use std::{fmt, str::FromStr};

use serde::Serialize;

use crate::{reads, village::VillageCode};

/// A county (6 digits), a township (9), a village (12) or a grid below a village (15: the village's code and the grid's
/// own three digits).
///
/// The full 12-digit codes of counties and townships, which end with zeros, are read as well.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Area(String);

/// The text is no area's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a county (6 digits), a township (9), a village (12) or a grid (15)")]
pub struct InvalidArea;

impl Area {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The county that a village is in.
    pub fn county_of(village: &VillageCode) -> Self {
        Self(village.county().to_owned())
    }

    /// The township that a village is in.
    pub fn township_of(village: &VillageCode) -> Self {
        Self(village.township().to_owned())
    }

    /// Whether all of the village is inside. A grid is only a part of its village.
    pub fn covers(&self, village: &VillageCode) -> bool {
        village.as_str().starts_with(&self.0)
    }

    /// Whether the village is inside, or at least a part of it is the area: what somebody with this area may be given
    /// work from.
    pub fn reaches(&self, village: &VillageCode) -> bool {
        self.covers(village) || self.0.starts_with(village.as_str())
    }

    /// The township around it; the area itself where it is larger.
    pub fn township(&self) -> Self {
        Self(self.0.get(..9).unwrap_or(&self.0).to_owned())
    }

    /// Whether the two have a village, or a part of one, in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Whether all of another area is inside.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl From<&VillageCode> for Area {
    fn from(village: &VillageCode) -> Self {
        Self(village.as_str().to_owned())
    }
}

impl FromStr for Area {
    type Err = InvalidArea;

    fn from_str(text: &str) -> Result<Self, InvalidArea> {
        let short = match text.len() {
            12 if text.ends_with("000000") => &text[..6],
            12 if text.ends_with("000") => &text[..9],
            _ => text,
        };
        let whole = short.bytes().all(|byte| byte.is_ascii_digit());
        let parts =
            (6..short.len()).step_by(3).all(|at| short.get(at..at + 3).is_some_and(|part| part != "000"));
        if whole && matches!(short.len(), 6 | 9 | 12 | 15) && parts {
            Ok(Self(short.to_owned()))
        } else {
            Err(InvalidArea)
        }
    }
}

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Area({})", self.0)
    }
}

reads!(Area from text);

#[cfg(test)]
mod tests {
    use super::*;

    fn area(code: &str) -> Area {
        code.parse().unwrap()
    }

    #[test]
    fn an_area_is_named_by_the_digits_that_its_codes_begin_with() {
        for (code, short) in [
            ("513322", "513322"),
            ("513322000000", "513322"),
            ("513322100", "513322100"),
            ("513322100000", "513322100"),
            ("513322100201", "513322100201"),
            ("513322100201003", "513322100201003"),
        ] {
            assert_eq!(area(code).as_str(), short);
        }
        for wrong in [
            "",
            "51332",
            "5133221",
            "513322000",
            "513322100201000",
            "51332210020a",
            "513322 100",
            "五一三三二二",
        ] {
            assert_eq!(wrong.parse::<Area>(), Err(InvalidArea), "{wrong}");
        }
    }

    #[test]
    fn a_village_is_inside_its_township_and_its_county_and_only_reached_by_its_grids() {
        let village: VillageCode = "513322100201".parse().unwrap();
        for around in ["513322", "513322100", "513322100201"] {
            assert!(area(around).covers(&village) && area(around).reaches(&village), "{around}");
        }
        assert!(!area("513322100201003").covers(&village) && area("513322100201003").reaches(&village));
        for other in ["513323", "513322101", "513322100202", "513322100202001"] {
            assert!(!area(other).reaches(&village), "{other}");
        }
        assert!(area("513322").contains(&area("513322100")) && !area("513322100").contains(&area("513322")));
    }

    #[test]
    fn areas_meet_where_one_is_inside_the_other() {
        for (one, other) in
            [("513322", "513322100201"), ("513322100201003", "513322100201"), ("513322", "513322")]
        {
            assert!(area(one).meets(&area(other)) && area(other).meets(&area(one)), "{one} {other}");
        }
        assert!(
            !area("513322100").meets(&area("513322101"))
                && !area("513322100201").meets(&area("513322100202"))
        );
        for (inside, township) in
            [("513322100201003", "513322100"), ("513322100", "513322100"), ("513322", "513322")]
        {
            assert_eq!(area(inside).township(), area(township));
        }
    }
}
