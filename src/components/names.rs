//! Who is who, as far as this phone knows: the people that entries name, and the station's directory.

use xunji_domain::{
    desk::{Desk, DeskKind},
    id::WorkerId,
    kind::Kind,
    person::Worker,
    recipient::{Recipient, may_hold, may_receive},
    record::Record,
    village::{County, VillageCode},
    wire::Directory,
};

use super::{role_name, village_name};
use crate::{state::AppPocket, words};

/// People and desks by name.
#[derive(Clone, Default, PartialEq)]
pub struct Names {
    people: Vec<Worker>,
    directory: Directory,
}

/// Somebody, or a desk, that a step may name.
#[derive(Clone, PartialEq)]
pub struct Receiver {
    /// As a record's field keeps it.
    pub value: String,
    /// What they are called.
    pub name: String,
    /// What they do and where, or what sort of desk it is.
    pub about: String,
    /// Under which heading lists show them.
    pub group: &'static str,
}

impl Names {
    /// What the pocket knows.
    pub async fn read(pocket: &AppPocket) -> Self {
        let mut people = pocket.people().await.unwrap_or_default();
        people.extend(pocket.me().await.ok().flatten().map(|me| me.worker));
        Self { people, directory: pocket.directory().await.unwrap_or_default() }
    }

    /// A person.
    pub fn worker(&self, id: WorkerId) -> Option<&Worker> {
        self.people.iter().chain(&self.directory.people).find(|worker| worker.id == id)
    }

    /// The desks that there are.
    pub fn desks(&self) -> &[Desk] {
        &self.directory.desks
    }

    /// A person's name.
    pub fn of(&self, id: WorkerId) -> &str {
        self.worker(id).map_or(words::somebody(), |worker| worker.name.as_str())
    }

    /// What somebody, or a desk, is called: for a record of this village, where only a sort of desk is named.
    pub fn recipient(&self, recipient: &Recipient, village: Option<&VillageCode>) -> String {
        let desks = &self.directory.desks;
        let (kind, desk) = match recipient {
            Recipient::Worker(id) => return self.of(*id).to_owned(),
            // A desk's id begins with its kind.
            Recipient::Desk(id) => (
                id.as_str().split(':').next().and_then(DeskKind::parse),
                desks.iter().find(|desk| desk.id == *id),
            ),
            Recipient::Level(kind) => {
                let covers = |desk: &&Desk| village.is_some_and(|village| desk.area.covers(village));
                let around = desks.iter().filter(|desk| desk.kind == *kind).filter(covers);
                (Some(*kind), around.max_by_key(|desk| desk.area.as_str().len()))
            }
        };
        desk.map_or_else(|| desk_kind_name(kind).to_owned(), |desk| desk.name.clone())
    }

    /// The same for a field's text; what names nobody is shown as somebody.
    pub fn received(&self, text: &str, village: Option<&VillageCode>) -> String {
        text.parse().map_or_else(|_| words::somebody().to_owned(), |named| self.recipient(&named, village))
    }

    /// Whom a record may be handed to, desks first. The station asks again, and knows who is suspended.
    pub fn receivers(&self, kind: &Kind, record: &Record, county: &County) -> Vec<Receiver> {
        let Some(village) = record.village(kind) else { return Vec::new() };
        let able = |desk: &&Desk| may_hold(desk.kind, Some(&desk.area), kind.confidential, &village).is_ok();
        let desks = self.directory.desks.iter().filter(able).map(|desk| Receiver {
            value: Recipient::Desk(desk.id.clone()).to_string(),
            name: desk.name.clone(),
            about: desk_kind_name(Some(desk.kind)).to_owned(),
            group: words::desks(),
        });
        let able = |worker: &&Worker| {
            may_receive(worker.roles(), &worker.areas(), kind.confidential, &village).is_ok()
        };
        let people = self.directory.people.iter().filter(able).map(|worker| {
            let roles: Vec<_> = worker.roles().iter().map(|role| role_name(*role)).collect();
            let place = village_name(county, worker.village.as_str());
            Receiver {
                value: Recipient::Worker(worker.id).to_string(),
                name: worker.name.clone(),
                about: format!("{} · {place}", roles.join(words::list_comma())),
                group: words::colleagues(),
            }
        });
        desks.chain(people).collect()
    }

    /// On whose behalf somebody may speak in a record: those of its partners that mean them.
    pub fn on_behalf(&self, kind: &Kind, record: &Record, me: WorkerId, desks: &[Desk]) -> Vec<Receiver> {
        let village = record.village(kind);
        let partners = record.partners.iter().map(|partner| &partner.recipient);
        let mine = partners.filter(|partner| partner.means(me, desks, village.as_ref()));
        mine.map(|partner| Receiver {
            value: partner.to_string(),
            name: self.recipient(partner, village.as_ref()),
            about: String::new(),
            group: "",
        })
        .collect()
    }
}

/// What a sort of desk is called.
pub fn desk_kind_name(kind: Option<DeskKind>) -> &'static str {
    match kind {
        Some(DeskKind::TownshipCentre) => words::desk_township_centre(),
        Some(DeskKind::CountyCentre) => words::desk_county_centre(),
        Some(DeskKind::JusticeOffice) => words::desk_justice_office(),
        Some(DeskKind::Police) => words::desk_police(),
        Some(DeskKind::Court) => words::desk_court(),
        Some(DeskKind::LawFirm) => words::desk_law_firm(),
        Some(DeskKind::LegalServiceOffice) => words::desk_legal_service_office(),
        Some(DeskKind::Unknown) | None => words::desk_other(),
    }
}
