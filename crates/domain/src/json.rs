//! Reading JSON: first as a [`Value`], then by one small function a type, which [`reads!`](crate::reads) writes.
//!
//! The app is downloaded over village lines, and `derive(Deserialize)` made a fifth of it: serde's code comes once more
//! for every type and for every way in which a type can be met, and inside tagged enums there are several. What is
//! *written* is serde's; `tests/wire.rs` holds the two to the same text.

use std::collections::BTreeMap;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
pub use serde_json::Value;

use crate::validate;

/// A type that can be read from JSON.
pub trait FromJson: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// [`Misread`].
    fn from_json(value: &Value) -> Result<Self, Misread>;

    /// What it is when an object doesn't have it.
    ///
    /// # Errors
    /// [`Misread`] for everything that isn't optional.
    fn absent() -> Result<Self, Misread> {
        Err(Misread::default())
    }
}

/// A part that is missing or has another form than it should.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("not of the right form: {}", if self.path.is_empty() { "the whole" } else { &self.path })]
pub struct Misread {
    path: String,
}

impl Misread {
    fn inside(mut self, name: &str) -> Self {
        if !self.path.is_empty() {
            self.path.insert(0, '.');
        }
        self.path.insert_str(0, name);
        self
    }
}

/// Reads a whole text.
///
/// # Errors
/// [`Misread`].
pub fn read<T: FromJson>(bytes: &[u8]) -> Result<T, Misread> {
    T::from_json(&serde_json::from_slice(bytes).map_err(|_| Misread::default())?)
}

/// Reads a part of an object.
///
/// # Errors
/// [`Misread`].
pub fn part<T: FromJson>(whole: &Value, name: &str) -> Result<T, Misread> {
    whole.get(name).map_or_else(T::absent, T::from_json).map_err(|misread| misread.inside(name))
}

/// Reads a part of an object that older versions don't have.
///
/// # Errors
/// [`Misread`], when it is there.
pub fn later_part<T: FromJson + Default>(whole: &Value, name: &str) -> Result<T, Misread> {
    if whole.get(name).is_some() { part(whole, name) } else { Ok(T::default()) }
}

/// Reads a text.
///
/// # Errors
/// [`Misread`].
pub fn text(value: &Value) -> Result<&str, Misread> {
    value.as_str().ok_or_else(Misread::default)
}

impl FromJson for Value {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        Ok(value.clone())
    }
}

impl FromJson for String {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        text(value).map(str::to_owned)
    }
}

impl FromJson for bool {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        value.as_bool().ok_or_else(Misread::default)
    }
}

impl FromJson for u64 {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        value.as_u64().ok_or_else(Misread::default)
    }
}

impl FromJson for u32 {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        u64::from_json(value)?.try_into().map_err(|_| Misread::default())
    }
}

impl FromJson for u16 {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        u64::from_json(value)?.try_into().map_err(|_| Misread::default())
    }
}

impl FromJson for usize {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        u64::from_json(value)?.try_into().map_err(|_| Misread::default())
    }
}

impl FromJson for DateTime<FixedOffset> {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        DateTime::parse_from_rfc3339(text(value)?).map_err(|_| Misread::default())
    }
}

impl FromJson for DateTime<Utc> {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        DateTime::<FixedOffset>::from_json(value).map(|moment| moment.to_utc())
    }
}

impl FromJson for NaiveDate {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        validate::day(text(value)?, validate::DATE).ok_or_else(Misread::default)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        if value.is_null() { Ok(None) } else { T::from_json(value).map(Some) }
    }

    fn absent() -> Result<Self, Misread> {
        Ok(None)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        let mut items = Self::new();
        for item in value.as_array().ok_or_else(Misread::default)? {
            items.push(T::from_json(item)?);
        }
        Ok(items)
    }
}

impl<K: for<'a> From<&'a str> + Ord, V: FromJson> FromJson for BTreeMap<K, V> {
    fn from_json(value: &Value) -> Result<Self, Misread> {
        let mut parts = Self::new();
        for (name, part) in value.as_object().ok_or_else(Misread::default)? {
            parts.insert(name.as_str().into(), V::from_json(part).map_err(|misread| misread.inside(name))?);
        }
        Ok(parts)
    }
}

/// Writes a type's [`FromJson`], and serde's `Deserialize` over it.
///
/// - `reads!(Seq from u64)`: what stands for it in JSON is something else, which it wraps.
/// - `reads!(Digest from text)`: a text that can be parsed.
/// - `reads!(Badge from word { "waiting" => Waiting, … } else Other)`: one of some words. Others are an error unless
///   `else` names a variant for them.
/// - `reads!(Entry { installation, basis or default, form as "type", standing as rest })`: an object. `or` is for what
///   older versions don't have, `as` for other names, `as rest` for parts that lie beside the others.
/// - `reads!(Action by "type" { "note" => Note { text }, … } else Unknown(whole))`: an object in which one part says
///   what the others are. `else` is as above; with `(whole)` it keeps whatever can't be read.
#[macro_export]
macro_rules! reads {
    ($type:ident from text) => {
        $crate::reads!($type, value => {
            $crate::json::text(value)?.parse().map_err(|_| $crate::json::Misread::default())
        });
    };
    ($type:ident from word { $($word:literal => $variant:ident),* $(,)? } $(else $other:ident)?) => {
        $crate::reads!($type, value => match $crate::json::text(value)? {
            $($word => Ok(Self::$variant),)*
            $(_ => Ok(Self::$other),)?
            #[allow(unreachable_patterns, reason = "With an `else` every word is one.")]
            _ => Err($crate::json::Misread::default()),
        });
    };
    ($type:ident from $inner:ty) => {
        $crate::reads!($type, value => <$inner as $crate::json::FromJson>::from_json(value).map(Self));
    };
    ($type:ident { $($name:ident $(as $key:tt)? $(or $default:ident)?),* $(,)? }) => {
        $crate::reads!($type, value => Ok(Self {
            $($name: $crate::reads!(@part value, $name $(as $key)? $(or $default)?)),*
        }));
    };
    ($type:ident by $tag:literal { $($arms:tt)* } else $other:ident(whole)) => {
        $crate::reads!($type, value => {
            let known = || $crate::reads!(@tagged value, $tag { $($arms)* });
            Ok(known().unwrap_or_else(|_| Self::$other(value.clone())))
        });
    };
    ($type:ident by $tag:literal { $($arms:tt)* } $(else $other:ident)?) => {
        $crate::reads!($type, value => $crate::reads!(@tagged value, $tag { $($arms)* } $($other)?));
    };
    ($type:ident, $value:ident => $read:expr) => {
        impl $crate::json::FromJson for $type {
            fn from_json($value: &$crate::json::Value) -> Result<Self, $crate::json::Misread> {
                $read
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let value = <$crate::json::Value as serde::Deserialize>::deserialize(deserializer)?;
                $crate::json::FromJson::from_json(&value).map_err(serde::de::Error::custom)
            }
        }
    };
    (@tagged $value:ident, $tag:literal {
        $($word:literal => $variant:ident {
            $($name:ident $(as $key:tt)? $(or $default:ident)?),*
        }),* $(,)?
    } $($other:ident)?) => {
        match $crate::json::part::<String>($value, $tag)?.as_str() {
            $($word => Ok(Self::$variant {
                $($name: $crate::reads!(@part $value, $name $(as $key)? $(or $default)?)),*
            }),)*
            $(_ => Ok(Self::$other),)?
            #[allow(unreachable_patterns, reason = "With an `else` every word is one.")]
            _ => Err($crate::json::Misread::default()),
        }
    };
    (@part $value:ident, $name:ident) => { $crate::json::part($value, stringify!($name))? };
    (@part $value:ident, $name:ident or default) => { $crate::json::later_part($value, stringify!($name))? };
    (@part $value:ident, $name:ident as rest) => { $crate::json::FromJson::from_json($value)? };
    (@part $value:ident, $name:ident as $key:literal) => { $crate::json::part($value, $key)? };
}
