//! People, and a record with all that they did to it.

use chrono::DateTime;
use serde_json::{Value, json};
use uuid::Uuid;
use xunji_domain::{
    canonical::Digest,
    desk::{Desk, DeskKind},
    entry::{Action, Body, Content, Entry},
    id::{EntryId, InstallationId, RecordId, Revision, Seq, StateId, WorkerId},
    kind::{Kind, Kinds},
    person::Role,
    record::{Known, Record, Standing},
    workflow::{self, Actor, Obstacle},
};

pub(crate) const VILLAGE: &str = "513322100201";

/// Somebody with a role and desks.
pub(crate) struct Person(pub(crate) u128, pub(crate) Vec<Role>, pub(crate) Vec<Desk>);

impl Person {
    pub(crate) fn new(number: u128, role: Role) -> Self {
        Self(number, vec![role], Vec::new())
    }

    pub(crate) fn at(number: u128, kind: DeskKind, area: &str) -> Self {
        let id = format!("{}:{area}", kind.as_str()).as_str().into();
        let desk = Desk { id, kind, name: String::new(), area: area.parse().unwrap() };
        Self(number, vec![Role::Coordinator], vec![desk])
    }

    pub(crate) fn id(&self) -> WorkerId {
        WorkerId::new(Uuid::from_u128(self.0))
    }

    pub(crate) fn actor(&self) -> Actor<'_> {
        Actor { id: self.id(), roles: &self.1, desks: &self.2 }
    }

    pub(crate) fn named(&self) -> String {
        format!("worker:{}", self.id())
    }
}

pub(crate) fn body(value: Value) -> Body {
    serde_json::from_value(value).unwrap()
}

/// A record and all that was done to it.
pub(crate) struct Case {
    pub(crate) kinds: Kinds,
    pub(crate) entries: Vec<Known>,
}

impl Case {
    pub(crate) fn open(kind: &str, opener: &Person, form: Value) -> Self {
        let mut case = Self { kinds: Kinds::default(), entries: Vec::new() };
        case.push(kind, opener, Action::Open { body: body(form) });
        case
    }

    pub(crate) fn dispute(opener: &Person) -> Self {
        Self::open("dispute", opener, json!({ "village": VILLAGE, "title": "摄像头" }))
    }

    pub(crate) fn push(&mut self, kind: &str, author: &Person, action: Action) {
        let number = self.entries.len() as u64 + 1;
        let content = Content {
            id: EntryId::new(Uuid::from_u128(number.into())),
            record: RecordId::new(Uuid::from_u128(1)),
            kind: kind.into(),
            kind_version: self.kinds.newest(&kind.into()).unwrap().version,
            author: author.id(),
            noted_at: DateTime::UNIX_EPOCH.fixed_offset(),
            basis: Revision(number - 1),
            replaces: None,
            action,
            attachments: Vec::new(),
        };
        let installation = InstallationId::new(Uuid::from_u128(1));
        let entry = Entry { installation, seq: Seq(number), digest: Digest::new([1; 32]), content };
        let standing = Standing::Accepted {
            revision: Revision(number),
            received_at: DateTime::UNIX_EPOCH,
            signature: None,
        };
        self.entries.push(Known::new(entry, standing));
    }

    pub(crate) fn record(&self) -> Record {
        Record::fold(&self.kinds, self.entries.clone()).unwrap()
    }

    pub(crate) fn kind(&self) -> &Kind {
        let first = &self.entries[0].entry.content;
        self.kinds.exact(&first.kind, first.kind_version).unwrap()
    }

    pub(crate) fn judge(&self, who: &Person, step: &str, given: &Value) -> Result<StateId, Obstacle> {
        workflow::take(self.kind(), &self.record(), who.actor(), &step.into(), &body(given.clone()))
    }

    /// Takes a step that must be lawful and lead to this state.
    #[track_caller]
    pub(crate) fn take(&mut self, who: &Person, step: &str, given: Value, to: &str) {
        assert_eq!(self.judge(who, step, &given), Ok(to.into()), "{step}");
        let kind = self.kind().id.clone();
        self.push(kind.as_str(), who, Action::Step { step: step.into(), body: body(given) });
        assert_eq!(self.record().state, to.into(), "the fold comes to what was judged");
    }

    #[track_caller]
    pub(crate) fn refused(&self, who: &Person, step: &str, given: Value, why: &Obstacle) {
        assert_eq!(self.judge(who, step, &given).as_ref(), Err(why), "{step}");
    }
}

pub(crate) fn in_state(state: &str) -> Obstacle {
    Obstacle::WrongState { state: state.into() }
}
