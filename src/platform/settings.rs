//! Settings of this phone that hold nothing about anybody, in `localStorage` so that they are there before the
//! database is.

/// A setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// `light`, `dark`, or nothing for the phone's own.
    Theme,
    /// `s`, `m`, `l`, `xl`, or nothing for `m`.
    Size,
    /// `zh-CN` or `en`, or nothing for Chinese.
    Language,
    /// The installation whose database should be here; see `marks.rs`. Each vault has its own.
    Installation,
    /// The database of the vault that is opened, or nothing for the first one.
    Vault,
}

impl Setting {
    /// What it is called outside the app. Frozen.
    pub fn key(self) -> String {
        let name = match self {
            Self::Theme => "xunji-theme",
            Self::Size => "xunji-size",
            Self::Language => "xunji-language",
            Self::Vault => "xunji-vault",
            Self::Installation => return format!("{}-installation", crate::vaults::current()),
        };
        name.to_owned()
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// A setting's value.
pub fn setting(setting: Setting) -> Option<String> {
    storage()?.get_item(&setting.key()).ok()?
}

/// Sets or clears a setting. A browser that forbids it only forgets the setting.
pub fn store_setting(setting: Setting, value: Option<&str>) {
    let Some(storage) = storage() else { return };
    drop(match value {
        Some(value) => storage.set_item(&setting.key(), value),
        None => storage.remove_item(&setting.key()),
    });
}
