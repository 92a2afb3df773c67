//! One story's own world: a station and phones, gone when the story ends well.

use std::{
    cell::RefCell,
    fs,
    panic::resume_unwind,
    path::{Path, PathBuf},
    process,
    rc::Rc,
    thread,
};

use tokio::{sync::Semaphore, task::LocalSet};

use super::{
    phone::Phone,
    process::{family_of, signal},
    relay::Relay,
    report,
    station::{LUQIAO_GUBAO, Station},
};

/// How many stories are told at once. A browser wants a core of its own.
static SEATS: Semaphore = Semaphore::const_new(2);

/// What a story has.
pub struct World {
    /// The station.
    pub station: Station,
    /// The first phone.
    pub phone: Phone,
    phones: RefCell<Vec<Phone>>,
    folder: PathBuf,
}

/// Tells a story in a world of its own. When it fails, says what was on the screens.
pub async fn story(tell: impl AsyncFnOnce(Rc<World>) + 'static) {
    let _seat = SEATS.acquire().await.expect("the seats are never taken away");
    let name = thread::current().name().unwrap_or("story").replace("::", "-");
    let world = Rc::new(World::begin(&name).await);
    let local = LocalSet::new();
    let telling = {
        let world = world.clone();
        // A task of its own, so that the world outlives a panic and can be asked what it showed.
        local.spawn_local(async move {
            tell(world.clone()).await;
            for phone in world.phones() {
                report::assert_quiet(&phone).await;
            }
        })
    };
    if let Err(error) = local.run_until(telling).await {
        report::failed(&name, &world.phones(), &world.station, &world.folder).await;
        resume_unwind(error.into_panic());
    }
    world.end().await;
}

impl World {
    async fn begin(name: &str) -> Self {
        let folder = new_folder(name);
        let station = Station::begin(folder.join("station")).await;
        let phone = Phone::new("phone", station.origin(), folder.clone()).await;
        let phones = RefCell::new(vec![phone.clone()]);
        Self { station, phone, phones, folder }
    }

    /// One more phone.
    pub async fn another_phone(&self, name: &str) -> Phone {
        self.phone_at(name, self.station.origin()).await
    }

    /// One more phone that reaches the station by another address.
    pub async fn phone_at(&self, name: &str, origin: String) -> Phone {
        let phone = Phone::new(name, origin, self.folder.clone()).await;
        self.phones.borrow_mut().push(phone.clone());
        phone
    }

    /// The first phone in the hands of 张三, a grid worker of 固包村, with the app kept for being offline.
    pub async fn enrolled(&self) -> &Phone {
        self.enrolled_as("张三", "grid_worker").await
    }

    /// The same for somebody else.
    pub async fn enrolled_as(&self, name: &str, role: &str) -> &Phone {
        self.phone.enrol(&self.station.enrol(name, role, LUQIAO_GUBAO)).await;
        self.phone.keeps_the_app().await;
        &self.phone
    }

    /// A phone in the hands of 张三 whose line to the station can be meddled with, in the place of the first one.
    pub async fn by_relay(&self) -> (Relay, Phone) {
        let relay = Relay::before(&self.station.origin());
        self.phone.end().await;
        let phone = self.phone_at("relayed", relay.origin()).await;
        let code = self.station.enrol("张三", "grid_worker", LUQIAO_GUBAO);
        phone.enrol_at(&code.url.replace(&self.station.origin(), &relay.origin())).await;
        phone.keeps_the_app().await;
        (relay, phone)
    }

    fn phones(&self) -> Vec<Phone> {
        self.phones.borrow().clone()
    }

    async fn end(&self) {
        for phone in self.phones() {
            phone.end().await;
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A folder that no other run uses, even of the same story at the same time.
fn new_folder(story: &str) -> PathBuf {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stories");
    let folder = all.join(format!("{story}.{}", process::id()));
    fs::create_dir_all(&folder).expect("the target folder can be written to");
    sweep(&all, story);
    folder
}

/// Ends and removes what earlier runs of a story have left: those that failed, and those that were interrupted.
fn sweep(all: &Path, story: &str) {
    let left = fs::read_dir(all).expect("the folder has just been made").flatten().filter(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        let run = name.strip_prefix(story).and_then(|rest| rest.strip_prefix('.'));
        run.is_some_and(|run| !Path::new("/proc").join(run).exists())
    });
    for entry in left {
        // With a slash at its end, so that run 12 does not sweep run 123.
        signal("KILL", &family_of(&entry.path().join("")));
        let _ = fs::remove_dir_all(entry.path());
    }
}
