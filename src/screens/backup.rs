//! 导出备份 and 导入备份: one file that a person can put away, and bring back on another phone.

use std::{pin::Pin, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{File, HtmlInputElement};

use crate::{
    backup::{self, SHORTEST},
    components::{Attempt, FormSheet, Show, icon, labelled, view},
    platform,
    state::use_app,
    words,
};

/// The button that makes a backup, with the sheet that asks for a passphrase.
#[component]
pub fn ExportButton() -> impl IntoView {
    let app = use_app();
    let open = RwSignal::new(false);
    let (first, second) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let act = move || async move {
        let passphrase = first.get_untracked();
        if passphrase.chars().count() < SHORTEST {
            return Err(words::passphrase_short(SHORTEST));
        }
        if passphrase != second.get_untracked() {
            return Err(words::passphrase_differs().to_owned());
        }
        app.say(match backup::export(app, passphrase).await? {
            0 => words::backup_made().to_owned(),
            unreadable => words::backup_made_without(unreadable),
        });
        Ok(())
    };
    // The sheet begins empty, and so does what it remembers.
    let begin = move |_| {
        first.set(String::new());
        second.set(String::new());
        open.set(true);
    };
    view! {
        <button class="btn" type="button" on:click=begin>
            {icon("download")}{words::export_backup()}
        </button>
        <Show when=move || open.get()>
            <Ask title=words::export_backup() open=open run=run(act)>
                <p>{words::export_what_for()}</p>
                <Passphrase id="passphrase" label=words::passphrase() text=first/>
                <Passphrase id="passphrase-again" label=words::passphrase_again() text=second/>
                <p class="hint">{words::passphrase_lost()}</p>
            </Ask>
        </Show>
    }
}

/// The button that puts a backup back.
#[component]
pub fn ImportButton() -> impl IntoView {
    let app = use_app();
    let open = RwSignal::new(false);
    let passphrase = RwSignal::new(String::new());
    let file = StoredValue::new_local(None::<File>);
    let pick = move |event: leptos::ev::Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        file.set_value(input.and_then(|input| input.files()).and_then(|files| files.get(0)));
    };
    let act = move || async move {
        let file = file.get_value().ok_or_else(|| words::backup_choose().to_owned())?;
        let bytes = platform::bytes_of(&file).await.ok_or_else(|| words::backup_unreadable().to_owned())?;
        let restored = backup::import(app, bytes, passphrase.get_untracked()).await?;
        app.say(words::backup_restored(restored.entries, restored.unsent));
        Ok(())
    };
    let begin = move |_| {
        file.set_value(None);
        passphrase.set(String::new());
        open.set(true);
    };
    view! {
        <button class="btn" type="button" on:click=begin>
            {icon("upload")}{words::import_backup()}
        </button>
        <Show when=move || open.get()>
            <Ask title=words::import_backup() open=open run=run(act)>
                <p>{words::import_what_for()}</p>
                <div class="field">
                    <label class="label" for="backup-file">{words::backup_file()}</label>
                    <input class="input" id="backup-file" type="file" accept=".backup" on:change=pick/>
                </div>
                <Passphrase id="passphrase" label=words::passphrase() text=passphrase/>
            </Ask>
        </Show>
    }
}

/// What a sheet does with what was asked for: of one type, like the views in `components/erased.rs`.
pub(super) type Run = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), String>>>>>;

/// Makes a [`Run`].
pub(super) fn run<F: Future<Output = Result<(), String>> + 'static>(run: impl Fn() -> F + 'static) -> Run {
    Rc::new(move || Box::pin(run()))
}

/// A sheet that asks for something, does it, and closes when it went well.
#[component]
pub(super) fn Ask(title: &'static str, open: RwSignal<bool>, run: Run, children: Children) -> impl IntoView {
    let run = StoredValue::new_local(run);
    let attempt = Attempt::default();
    let submit = Callback::new(move |()| {
        attempt.begin(async move {
            run.with_value(|run| run()).await?;
            open.try_set(false);
            Ok(())
        });
    });
    let close = Callback::new(move |()| open.set(false));
    view! {
        <FormSheet title=title attempt=attempt submit=submit name=title cancel=close on_close=close>
            {children()}
        </FormSheet>
    }
}

#[component]
fn Passphrase(id: &'static str, label: &'static str, text: RwSignal<String>) -> impl IntoView {
    let input = view! {
        <input
            class="input"
            id=id
            type="password"
            autocomplete="off"
            on:input=move |event| text.set(event_target_value(&event))
        />
    };
    labelled(id, label, true, input)
}
