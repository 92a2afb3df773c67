//! 人员: the people whom a coordinator looks after. All of it happens at the station, so it needs a network.

use leptos::prelude::*;
use serde_json::{Value, json};
use xunji_domain::{
    area::Area,
    desk::DeskKind,
    id::{InstallationId, WorkerId},
    json,
    person::Role,
    reads,
    village::VillageCode,
};

use super::{
    import::Import,
    person::{Add, Duties, HandOver},
    seats::{Managed, NewDesk, RenameDesk, Seat, Seats},
};
use crate::{
    components::{Attempt, Head, Sheet, alert, icon, live, role_name, view, village_name},
    driver::Sent,
    state::{App, loaded, use_app},
    vaults::short,
    words,
};

/// Somebody, as `GET /people` describes them.
#[derive(Clone)]
pub(super) struct Staffer {
    pub(super) id: WorkerId,
    pub(super) name: String,
    pub(super) roles: Vec<Role>,
    pub(super) village: VillageCode,
    pub(super) areas: Vec<Area>,
    pub(super) suspended: bool,
    phones: Vec<Phone>,
}

reads!(Staffer { id, name, roles, village, areas, suspended, phones });

/// One of their phones.
#[derive(Clone)]
struct Phone {
    installation: InstallationId,
    revoked_at: Option<String>,
}

reads!(Phone { installation, revoked_at });

struct People {
    people: Vec<Staffer>,
}

reads!(People { people });

struct Made {
    code: String,
}

reads!(Made { code });

/// The roles that are given at a desk, the usual ones first.
const ROLES: [Role; 5] =
    [Role::GridWorker, Role::Mediator, Role::Partner, Role::Coordinator, Role::LegalAdviser];

/// What is done on this screen, and what came of it. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Office {
    pub(super) app: App,
    attempt: Attempt,
    /// Grows with everything that was done, so that the list is asked for again.
    pub(super) done: RwSignal<u32>,
    /// Whose card is open, also after the list has come anew.
    managed: RwSignal<Option<WorkerId>>,
    /// Which sheet is open.
    pub(super) sheet: RwSignal<Option<Sheets>, LocalStorage>,
    /// Whose code was made, the code, and what they do with it. It is shown once.
    code: RwSignal<Option<(String, String, &'static str)>>,
}

impl Office {
    pub(super) fn order(self, method: &'static str, path: String, body: Value) {
        self.attempt.begin(self.carry_out(method, path, body));
    }

    /// The roles that this one may give.
    pub(super) fn roles(self) -> Vec<Role> {
        ROLES.into_iter().filter(|role| self.manages(&[*role])).collect()
    }

    /// Whether somebody with these roles is this one's to manage in all respects.
    fn manages(self, roles: &[Role]) -> bool {
        let manager = Role::manager_of(roles);
        self.app.signals.me.with_untracked(|me| me.as_ref().is_some_and(|me| me.is(manager)))
    }

    /// Orders what a sheet asked for, if it has asked for all of it. The sheet goes once it is done; what was wrong is
    /// said in it.
    pub(super) fn order_in(
        self,
        sheet: Attempt,
        close: Callback<()>,
        method: &'static str,
        path: String,
        body: Option<Value>,
    ) {
        sheet.begin(async move {
            let body = body.ok_or_else(|| words::staff_incomplete().to_owned())?;
            self.carry_out(method, path, body).await?;
            // Somebody may have closed it meanwhile.
            close.try_run(());
            Ok(())
        });
    }

    async fn carry_out(self, method: &'static str, path: String, body: Value) -> Result<(), String> {
        self.app.office(method, &path, Sent::Json(body)).await?;
        self.done.try_update(|done| *done += 1);
        self.app.say(words::staff_done().to_owned());
        Ok(())
    }

    fn make_code(self, person: &Staffer, body: Value, how: &'static str) {
        let (name, path) = (person.name.clone(), format!("/people/{}/codes", person.id));
        self.attempt.begin(async move {
            let said = self.app.office("POST", &path, Sent::Json(body)).await?;
            let made: Made = json::read(said.as_bytes()).map_err(|_| words::not_the_station().to_owned())?;
            self.code.set(Some((name, made.code, how)));
            Ok(())
        });
    }
}

/// Which sheet is open.
#[derive(Clone)]
pub(super) enum Sheets {
    Add,
    Import,
    NewDesk(Vec<DeskKind>),
    RenameDesk(Managed),
    /// At which desk, and who may sit there.
    Seat(Managed, Vec<Staffer>),
    /// Whose.
    Duties(Staffer),
    /// From whom, and who may take over.
    HandOver(Staffer, Vec<Staffer>),
}

/// The screen.
#[component]
pub fn Staff() -> impl IntoView {
    let app = use_app();
    let office = Office {
        app,
        attempt: Attempt::default(),
        done: RwSignal::new(0),
        managed: RwSignal::new(None),
        sheet: RwSignal::new_local(None),
        code: RwSignal::new(None),
    };
    let sheet = office.sheet;
    let at_desks = RwSignal::new(false);
    let listed = loaded(move || {
        office.done.track();
        async move {
            let said = app.office("GET", "/people", Sent::Nothing).await?;
            let read: Result<People, _> = json::read(said.as_bytes());
            read.map(|people| people.people).map_err(|_| words::not_the_station().to_owned())
        }
    });
    let list = move || {
        let people = match listed.get()? {
            Ok(people) => people,
            Err(sentence) => return Some(alert(sentence)),
        };
        let cards = people.iter().map(|person| card(office, person, &people)).collect_view();
        Some(view! {
            <div class="stack">
                <div class="btns">
                    <button class="btn" type="button" on:click=move |_| sheet.set(Some(Sheets::Add))>
                        {icon("plus")}{words::staff_add()}
                    </button>
                    <button class="btn" type="button" on:click=move |_| sheet.set(Some(Sheets::Import))>
                        {words::import_people()}
                    </button>
                </div>
                {cards}
            </div>
        })
    };
    let shown = live(move || match at_desks.get() {
        true => view! { <Seats office=office people=listed/> },
        false => live(list),
    });
    let tab = |desks: bool, name: &'static str| {
        view! {
            <button
                class="filter"
                type="button"
                aria-pressed=move || (at_desks.get() == desks).to_string()
                on:click=move |_| at_desks.set(desks)
            >
                {name}
            </button>
        }
    };
    let code = live(move || {
        let (name, code, how) = office.code.get()?;
        Some(view! {
            <Sheet title=words::staff_code_of(name) on_close=Callback::new(move |()| office.code.set(None))>
                <div class="sheet-body">
                    <p class="once">{code}</p>
                    <p>{how}</p>
                </div>
            </Sheet>
        })
    });
    let sheets = live(move || {
        let close = Callback::new(move |()| sheet.set(None));
        Some(match sheet.get()? {
            Sheets::Add => view! { <Add office=office close=close/> },
            Sheets::Duties(person) => view! { <Duties office=office person=person close=close/> },
            Sheets::NewDesk(adds) => view! { <NewDesk office=office adds=adds close=close/> },
            Sheets::RenameDesk(desk) => view! { <RenameDesk office=office desk=desk close=close/> },
            Sheets::Seat(desk, able) => view! { <Seat office=office desk=desk able=able close=close/> },
            Sheets::Import => view! { <Import office=office close=close/> },
            Sheets::HandOver(from, others) => {
                view! { <HandOver office=office from=from others=others close=close/> }
            }
        })
    });
    view! {
        <Head title=words::staff().to_owned() back="/desk"/>
        <div class="stack">
            <p class="quiet">{words::staff_what()}</p>
            <div class="filters" role="group" aria-label=words::filter()>
                {tab(false, words::staff())}
                {tab(true, words::desks())}
            </div>
            {office.attempt.alert()}
            {shown}
        </div>
        {code}
        {sheets}
    }
}

fn card(office: Office, person: &Staffer, people: &[Staffer]) -> AnyView {
    let county = office.app.pocket().county();
    let roles: Vec<_> = person.roles.iter().map(|role| role_name(*role)).collect();
    let path = format!("/people/{}", person.id);
    let (id, suspended) = (person.id, person.suspended);
    let turn_over = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        office.managed.update(|managed| *managed = (*managed != Some(id)).then_some(id));
    };
    let turn = {
        let path = path.clone();
        move |_| office.order("PATCH", path.clone(), json!({ "suspended": !suspended }))
    };
    // Nobody shuts themselves out.
    let own = office.app.signals.me.with_untracked(|me| me.as_ref().is_some_and(|me| me.id == id));
    let turn = (!own).then(|| {
        let name = if suspended { words::staff_resume() } else { words::staff_suspend() };
        view! { <button class="btn" type="button" on:click=turn>{name}</button> }
    });
    let new_code = {
        let person = person.clone();
        move |_| office.make_code(&person, json!({}), words::staff_code_how())
    };
    let hand_over = {
        let person = person.clone();
        let can = |other: &&Staffer| other.id != person.id && !other.suspended;
        let others: Vec<_> = people.iter().filter(can).cloned().collect();
        move |_| office.sheet.set(Some(Sheets::HandOver(person.clone(), others.clone())))
    };
    let duties = {
        let person = person.clone();
        move |_| office.sheet.set(Some(Sheets::Duties(person.clone())))
    };
    // Nobody gives themselves more.
    let duties = (!own && office.manages(&person.roles)).then(|| {
        view! { <button class="btn" type="button" on:click=duties>{words::staff_duties()}</button> }
    });
    let phone = |phone: &Phone| {
        let (installation, gone) = (phone.installation, phone.revoked_at.is_some());
        let (of_release, of_recovery) = (person.clone(), person.clone());
        let revoke = move |_| office.order("DELETE", format!("/installations/{installation}"), json!({}));
        let release = move |_| {
            office.make_code(&of_release, json!({ "releases": installation }), words::staff_code_how());
        };
        let recover = move |_| {
            office.make_code(&of_recovery, json!({ "recovers": installation }), words::staff_recover_how());
        };
        let (state, button) = match gone {
            false => (
                words::staff_phone_in(),
                view! { <button class="btn" type="button" on:click=revoke>{words::staff_revoke()}</button> },
            ),
            true => (
                words::staff_phone_out(),
                view! { <button class="btn" type="button" on:click=release>{words::staff_release()}</button> },
            ),
        };
        // By the number that the phone itself shows.
        view! {
            <div class="row">
                <span>{words::staff_phone(short(&installation.to_string()))}" · "{state}</span>
                <span class="btns">
                    {button}
                    <button class="btn" type="button" on:click=recover>{words::staff_recover()}</button>
                </span>
            </div>
        }
    };
    view! {
        <section class="paper">
            <h2>{person.name.clone()}</h2>
            <p class="quiet">
                {roles.join(words::list_comma())}" · "{village_name(&county, person.village.as_str())}
                {suspended.then(|| format!(" · {}", words::staff_suspended()))}
            </p>
            <details class="rarer" prop:open=move || office.managed.get() == Some(id)>
                <summary aria-label=words::staff_manage_of(person.name.clone()) on:click=turn_over>{words::staff_manage()}</summary>
                <div class="btns">
                    <button class="btn" type="button" on:click=new_code>{words::staff_new_code()}</button>
                    {duties}
                    {turn}
                    <button class="btn" type="button" on:click=hand_over>{words::staff_hand_over()}</button>
                </div>
                {person.phones.iter().map(phone).collect_view()}
            </details>
        </section>
    }
}
