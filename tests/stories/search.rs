//! The ledger: everything on the phone is found by any part of it, with the hit marked, and a list of any length is
//! gone through without drawing it.

use serde_json::{Value, json};

use crate::{
    many::put_many,
    samples,
    support::{Phone, story, until},
};

#[tokio::test]
async fn what_is_typed_is_found_and_marked() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        samples::dispute().record(phone).await;
        samples::consultation().record(phone).await;
        samples::finding("配电箱门锁损坏").record(phone).await;
        phone.press("台账").await;
        phone.row_count_becomes(3).await;
        phone.hears("共 3 条").await;

        for (typed, rows, marks) in [
            ("灌溉", 1, &["灌溉"][..]),
            ("ｗｄｇ", 1, &["王德贵"]),
            ("wdg 灌溉", 1, &["王德贵", "灌溉"]),
            ("固包", 2, &["固包", "固包"]),
            ("zlc", 1, &["咱里村"]),
            // Of what is masked in the record nothing is shown but what was typed.
            ("天旱", 1, &["天旱"]),
            ("１３９００００００02", 1, &["13900000002"]),
            ("配电箱", 1, &["配电箱"]),
            ("%", 1, &["%"]),
            ("<script>", 1, &["<script>"]),
            ("*", 0, &[]),
            ("没有这几个字", 0, &[]),
        ] {
            search(phone, typed).await;
            phone.row_count_becomes(rows).await;
            phone.hears(&format!("找到 {rows} 条")).await;
            marks_become(phone, marks).await;
        }
        search(phone, "天旱").await;
        let row = phone.row_count_becomes(1).await.remove(0);
        assert!(row.ends_with("简要情况:天旱"), "{row}");
        search(phone, "配电箱").await;
        until("see where it stands", async || match phone.row_count_becomes(1).await.remove(0) {
            row if row.ends_with("情况描述:配电箱门锁损坏") => Ok(()),
            row => Err(row),
        })
        .await;
        // The ledger's own name, in both languages.
        for (typed, name) in [("法律咨询", "法律咨询"), ("consultation", "consultation")] {
            search(phone, typed).await;
            phone.row_count_becomes(1).await;
            marks_become(phone, &[name]).await;
        }
        search(phone, "水").await;
        phone.row_count_becomes(2).await;
        search(phone, &"水".repeat(500)).await;
        phone.sees("没有找到").await;
        phone.press("清除搜索和筛选").await;
        phone.row_count_becomes(3).await;
        phone.press("法律咨询").await;
        phone.row_count_becomes(1).await;
        search(phone, "灌溉").await;
        phone.sees("没有找到").await;
    })
    .await;
}

#[tokio::test]
async fn what_another_tab_saves_or_says_in_other_words_is_found_at_once() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let page = samples::dispute().record(phone).await;
        phone.press("台账").await;
        search(phone, "水厂").await;
        phone.sees("没有找到").await;
        let first = phone.tab().await;
        let second = phone.new_tab().await;
        phone.open("/").await;
        samples::patrol().record(phone).await;
        phone.show(&first).await;
        phone.row_count_becomes(1).await;
        marks_become(phone, &["水厂"]).await;

        phone.show(&second).await;
        phone.open(&page).await;
        phone.press("补充").await;
        phone.enter("补充内容", "在水厂门口又吵起来").await;
        phone.press("保存").await;
        phone.hears("已存在本机").await;
        phone.show(&first).await;
        let rows = phone.row_count_becomes(2).await;
        assert!(rows.iter().any(|row| row.ends_with("补充:在水厂门口又吵起来")), "{rows:?}");
    })
    .await;
}

#[tokio::test]
async fn what_is_begun_and_why_something_was_corrected_is_found_too() {
    story(async |world| {
        let phone = world.enrolled().await;
        world.station.stop().await;
        let page = samples::dispute().record(phone).await;
        phone.press("更正").await;
        phone.enter("更正哪一项", "涉及人数").await;
        phone.enter("涉及人数", "9").await;
        phone.enter("更正原因", "又来了五个人").await;
        phone.press("保存").await;
        phone.hears("已存在本机").await;
        samples::patrol().begin(phone).await;
        phone.enter("路线或点位", "半路上的水塔").await;
        phone.hears("草稿已保存").await;
        phone.press("台账").await;
        search(phone, "五个人").await;
        let rows = phone.row_count_becomes(1).await;
        assert!(rows[0].ends_with("更正原因:又来了五个人"), "{rows:?}");
        search(phone, "水塔").await;
        phone.sees("接着写").await;
        phone.row_count_becomes(0).await;
        assert!(!phone.everything().await.expect("a screen has text").contains("没有找到"));
        phone.press("矛盾纠纷").await;
        phone.sees("没有找到").await;
        phone.press("巡查").await;
        phone.press_row("草稿").await;
        phone.holds("路线或点位", "半路上的水塔").await;
        assert_ne!(phone.path().await, page);
    })
    .await;
}

#[tokio::test]
async fn a_village_is_picked_by_its_initials() {
    story(async |world| {
        let phone = world.enrolled().await;
        phone.press("记咨询").await;
        phone.heading_becomes("法律咨询").await;
        phone.press("村(社区)").await;
        phone.type_in("搜索", "zlc").await;
        phone.press_with("咱里村").await;
        until("see the village", async || match phone.value("村(社区)").await {
            value if value.contains("咱里村") => Ok(()),
            value => Err(value),
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_long_list_is_gone_through_without_being_drawn() {
    story(async |world| {
        let phone = world.enrolled().await;
        put_many(phone, 3_000).await;
        phone.press("台账").await;
        phone.hears("共 3000 条").await;
        let places = drawn_when(phone, |places| places.len() > 10 && places[0] == json!(1)).await;
        assert!(places.len() < 60, "{} rows are drawn", places.len());
        // The cursor stays where it is, however far the finger goes.
        let focus = "
            const row = document.querySelector('main li[aria-posinset=\"5\"] a');
            row.focus({ preventScroll: true });
            return row.pathname;
        ";
        let focused = phone.run(focus, vec![]).await.expect("a row takes the focus");
        scroll(phone, "document.body.scrollHeight").await;
        let places = drawn_when(phone, |places| places.last() == Some(&json!(3_000))).await;
        assert!(places.len() < 60 && places.contains(&json!(5)), "{places:?}");
        let now = phone.run("return document.activeElement.pathname", vec![]).await;
        assert_eq!(now, Ok(focused));
        scroll(phone, "0").await;
        drawn_when(phone, |places| places[0] == json!(1)).await;

        // What goes by too quickly to be seen is not read, and where the finger stops everything is there.
        let read = phone.run(DRAG, vec![]).await.expect("a page scrolls");
        drawn_when(phone, |places| places.last() == Some(&json!(3_000))).await;
        assert!(read.as_u64().is_some_and(|read| read < 1_000), "{read} rows of 3000 were read on the way");

        // Half-way down, into a record and back.
        scroll(phone, "document.body.scrollHeight / 2").await;
        drawn_when(phone, |places| places.contains(&json!(1_500))).await;
        phone
            .run("document.querySelector('main li[aria-posinset=\"1500\"] a').click()", vec![])
            .await
            .expect("a click");
        phone.sees("经过").await;
        phone.run("history.back()", vec![]).await.expect("a way back");
        drawn_when(phone, |places| places.contains(&json!(1_500))).await;

        phone.press("法律咨询").await;
        phone.hears("找到 1000 条").await;
        phone.press("全部").await;
        search(phone, "第2500号").await;
        phone.row_count_becomes(1).await;
        phone.hears("找到 1 条").await;
        search(phone, "dhssz").await;
        phone.hears("找到 0 条").await;
        search(phone, "第29").await;
        phone.hears("找到 111 条").await;
    })
    .await;
}

#[tokio::test]
async fn the_newest_rows_are_there_before_the_words_of_all_have_been_read() {
    story(async |world| {
        let phone = world.enrolled().await;
        put_many(phone, 3_000).await;
        phone.spoil("meta", "shelving", None).await;
        phone.before_every_page(WATCH).await;
        phone.open("/records").await;
        phone.hears("共 3000 条").await;
        drawn_when(phone, |places| places.len() > 10).await;
        // Shelves are made a hundred records at a time, each in a commit of its own: rows don't wait for thirty of them.
        let seen = phone.run("return [window.rowsAt - window.headingAt, window.newestFirst]", vec![]).await;
        let seen = seen.expect("the page has kept watch");
        println!("the first rows came so many milliseconds after the heading: {seen}");
        assert_eq!(
            seen[1],
            json!(true),
            "the newest rows stood there before the list that is drawn in parts"
        );
        assert!(seen[0].as_f64().is_some_and(|after| after < 5_000.0), "{seen}");
    })
    .await;
}

/// Notes when the ledger's heading and its first rows came, and whether those were the newest ones by themselves.
const WATCH: &str = "
    new MutationObserver(() => {
        const now = performance.now();
        if (document.querySelector('h1')?.textContent === '台账') window.headingAt ??= now;
        const rows = document.querySelectorAll('main ul.ledger a');
        if (rows.length === 0 || window.rowsAt !== undefined) return;
        window.rowsAt = now;
        window.newestFirst = document.querySelector('main ul.ledger:not(.strip) a') !== null;
    }).observe(document, { childList: true, subtree: true });
";

/// Puts other words into the search box.
async fn search(phone: &Phone, typed: &str) {
    phone.type_in("搜索", typed).await;
}

async fn marks_become(phone: &Phone, wanted: &[&str]) {
    let script = "return Array.from(document.querySelectorAll('main li mark'), (mark) => mark.textContent)";
    until(&format!("see {wanted:?} marked"), async || match phone.run(script, vec![]).await? {
        marks if marks == json!(wanted) => Ok(()),
        marks => Err(marks.to_string()),
    })
    .await;
}

/// Goes through the whole page in a hundred frames, and gives how many rows of the database were asked for meanwhile.
const DRAG: &str = "
    const get = IDBObjectStore.prototype.get;
    let read = 0;
    IDBObjectStore.prototype.get = function (...asked) {
        read += 1;
        return get.apply(this, asked);
    };
    for (let step = 1; step <= 100; step++) {
        window.scrollTo(0, (document.body.scrollHeight * step) / 100);
        await new Promise((next) => requestAnimationFrame(next));
    }
    IDBObjectStore.prototype.get = get;
    return read;
";

async fn scroll(phone: &Phone, to: &str) {
    phone.run(&format!("window.scrollTo(0, {to})"), vec![]).await.expect("a page scrolls");
}

/// Waits until the rows that are there are as wanted, and gives their places.
async fn drawn_when(phone: &Phone, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let script = "return Array.from(document.querySelectorAll('main li[aria-posinset]'), (row) => Number(row.ariaPosInSet))";
    until("see the right rows", async || match phone.run(script, vec![]).await? {
        Value::Array(places) if !places.is_empty() && wanted(&places) => Ok(places),
        other => Err(other.to_string()),
    })
    .await
}
