//! What the browser offers beside the database: clock, randomness, hashing, fetching, installation, settings.

mod clock;
mod crypto;
mod http;
mod pinyin;
mod settings;
mod shim;
mod vault;

pub use self::{
    clock::{
        GO, china_today, format_exact, format_moment, format_typed, millis, moment, now, now_local_minute,
        sleep, today,
    },
    crypto::{dice, digest_of, new_entry_id, new_installation_id, new_record_id, new_worker_id, random_bits},
    http::{HttpAnswer, Unanswered, ask, gzip},
    pinyin::pinyin,
    settings::{Setting, setting, store_setting},
    shim::{
        NoPosition, apply_update, begin_reading, build, bytes_of, can_install, can_record, databases,
        download, draw_on, drawing, focused, follow, forget_shared, give_back, has_passkeys, has_shared,
        has_touch, hush, insist_on_strict_durability, install, is_installed, lead, mark, memory, persist,
        persisted, position, record, reload, seal, set_badge, set_mark, shared_photos, shrink,
        stop_recording, unseal, untouched, update_ready, url_of, user_agent, verify, why_aborted, wipe,
        withdraw_key,
    },
    vault::DataKey,
};
