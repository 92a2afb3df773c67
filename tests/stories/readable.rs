//! Readable by everybody: nothing that axe-core finds serious on any screen in both themes, nothing too small for a
//! thumb, nothing cut off when the text is twice as large, nothing that moves for people who don't want it.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::{
    cases::{amend, days_ahead, two_who_see_a_dispute},
    photos::PICTURE,
    samples,
    screens::every_screen,
    share::share,
    support::{Phone, axe, story, until},
};

#[tokio::test]
async fn axe_finds_nothing_serious_on_any_screen_in_both_themes() {
    story(async |world| {
        let engine = fs::read_to_string(axe()).expect("axe-core is where it was named");
        let mut found = Vec::new();
        every_screen(&world, async |phone, screen| {
            for theme in ["light", "dark"] {
                // Without motion, so that nothing is looked at while it is half drawn.
                emulate(phone, &[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")])
                    .await;
                let violations = violations(phone, &engine).await;
                found.extend(violations.iter().map(|one| format!("{screen}, {theme}: {one}")));
            }
        })
        .await;
        assert!(found.is_empty(), "{} violations:\n{}", found.len(), found.join("\n"));
    })
    .await;
}

/// Axe looks at a page whose darkness is the phone's own; who chooses it in 我的 has the same one.
#[test]
fn both_ways_into_the_dark_lead_to_the_same_colours_and_only_tokens_know_of_it() {
    let read = |path: &Path| fs::read_to_string(path).expect("a style can be read");
    let styles = Path::new(env!("CARGO_MANIFEST_DIR")).join("style");
    let tokens = read(&styles.join("tokens.css"));
    let inside = |opening: &str| {
        let (_, after) = tokens.split_once(opening).unwrap_or_else(|| panic!("no {opening}"));
        after.split_once('}').expect("a rule ends").0.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(inside(":root[data-theme=\"dark\"] {"), inside(":root:not([data-theme]) {"));
    for file in fs::read_dir(&styles).expect("there are styles").flatten().map(|file| file.path()) {
        let knows = ["data-theme", "prefers-color-scheme"].iter().any(|word| read(&file).contains(word));
        assert!(!knows || file.ends_with("tokens.css"), "{} has colours of its own", file.display());
    }
}

#[tokio::test]
async fn every_target_is_large_enough_for_a_thumb_and_nothing_moves_for_those_who_dont_want_it() {
    story(async |world| {
        let mut found = Vec::new();
        every_screen(&world, async |phone, screen| {
            width(phone, 360).await;
            emulate(phone, &[("prefers-reduced-motion", "reduce")]).await;
            for question in ["small", "moving"] {
                found.extend(measured(phone, question, screen).await);
            }
        })
        .await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn saving_is_within_reach_of_a_thumb_wherever_a_form_is_scrolled_to() {
    story(async |world| {
        let phone = world.enrolled().await;
        width(phone, 360).await;
        for form in ["/new/patrol", "/new/consultation", "/new/dispute", "/new/legal_aid", "/new/complaint"] {
            phone.open(form).await;
            until("see the button to save", async || {
                let there = phone.run("return !!document.querySelector('.savebar [type=submit]')", vec![]);
                if there.await? == json!(true) { Ok(()) } else { Err(phone.everything().await?) }
            })
            .await;
            for place in ["0", "document.body.scrollHeight / 2", "document.body.scrollHeight"] {
                let at = phone.run(&THUMB.replace("PLACE", place), vec![]).await.expect("a form");
                assert_eq!(at, json!(true), "{form} at {place}");
            }
        }
    })
    .await;
}

/// Whether the button to save lies in the lower half of the screen, and nothing over it.
const THUMB: &str = "
    scrollTo(0, PLACE);
    const button = document.querySelector('.savebar [type=submit]');
    const { left, top, width, height, bottom } = button.getBoundingClientRect();
    const over = document.elementFromPoint(left + width / 2, top + height / 2);
    return top > innerHeight / 2 && bottom <= innerHeight && button.contains(over);
";

#[tokio::test]
async fn text_of_twice_the_size_fits_a_narrow_phone_without_loss() {
    story(async |world| {
        let mut found = Vec::new();
        every_screen(&world, async |phone, screen| {
            width(phone, 360).await;
            for size in ["21px", "24px", "36px"] {
                grow(phone, size).await;
                found.extend(measured(phone, "cut", &format!("{screen} at {size}")).await);
            }
            grow(phone, "").await;
        })
        .await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn english_of_twice_the_size_fits_a_narrow_phone_too() {
    story(async |world| {
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        let everyone = [
            ("/", "Today"),
            ("/records", "Ledger"),
            (&page, samples::DISPUTE),
            ("/outbox", "Outbox"),
            ("/me", "Me"),
            ("/about", "About"),
            ("/drill", "If this phone were lost today"),
            ("/new/patrol", "Patrol"),
            ("/new/dispute", "Dispute"),
            ("/share", "Shared photos"),
        ];
        let mut found = cut_in_english(village, &everyone).await;
        let desk = [
            ("/", "Today"),
            ("/records", "Ledger"),
            ("/outbox", "Outbox"),
            ("/desk", "Desk"),
            ("/desk/people", "People"),
        ];
        found.extend(cut_in_english(&centre, &desk).await);
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

/// What does not fit these screens, by their addresses and headings, in English of the usual and of twice the size.
async fn cut_in_english(phone: &Phone, screens: &[(&str, &str)]) -> Vec<String> {
    phone.press("我的").await;
    phone.press_choice("语言", "English").await;
    phone.heading_becomes("Me").await;
    width(phone, 360).await;
    let mut found = Vec::new();
    for (path, heading) in screens {
        // As the browser's own keys do it, for a page that is loaded anew would be locked.
        let go = "history.pushState(null, '', arguments[0]); dispatchEvent(new PopStateEvent('popstate'));";
        phone.run(go, vec![(*path).into()]).await.expect("an address");
        phone.heading_becomes(heading).await;
        for size in ["18px", "36px"] {
            grow(phone, size).await;
            found.extend(measured(phone, "cut", &format!("{path} at {size}")).await);
        }
    }
    found
}

/// As long as names of offices are.
const LONG: &str = "四川大渡河(泸定)律师事务所驻泸桥镇法律服务工作站";

/// Cases show more than the walk through the screens comes by: what is overdue, contested, given back, handed on.
#[tokio::test]
async fn cases_with_much_to_settle_and_to_answer_are_readable_too() {
    story(async |world| {
        let engine = fs::read_to_string(axe()).expect("axe-core is where it was named");
        let name = LONG;
        let desk =
            ["add", "--desk", "law_firm:luqiao", "--kind", "law_firm", "--name", name, "--area", "513322100"];
        world.station.office("desk", &desk);
        let (village, centre, page) = two_who_see_a_dispute(&world).await;
        world.station.stop().await;
        amend(village, "涉及人数", "4").await;
        amend(&centre, "涉及人数", "5").await;
        let mut found = Vec::new();
        let mut look = async |phone: &Phone, screen: &str| {
            found.extend(everything_about(phone, &engine, screen).await);
        };
        centre.press("退回补正").await;
        look(&centre, "退回补正").await;
        centre.enter("要补正哪一项", "涉及金额(元)").await;
        centre.enter("要补正什么", "写清是哪一年的水费").await;
        centre.press("保存").await;
        centre.sees("写清是哪一年的水费").await;
        centre.press("交办").await;
        centre.press("交办给").await;
        look(&centre, "交办 with its list").await;
        centre.press("关闭").await;
        centre.enter("交办给", name).await;
        centre.press("保存").await;
        centre.sees("现由").await;
        centre.press("联合调解").await;
        centre.enter("参加单位", name).await;
        centre.press("参加单位").await;
        look(&centre, "联合调解 with its list").await;
        centre.press("完成").await;
        centre.press("保存").await;
        centre.sees("未答复").await;
        look(&centre, "a record that is handed on").await;
        world.station.start().await;
        village.send_now("全部已送达").await;
        centre.send_now("全部已送达").await;
        village.before_every_page(&days_ahead(60)).await;
        village.open("/").await;
        village.sees("需要办理").await;
        look(village, "今天 with what is overdue").await;
        village.press("台账").await;
        village.row_count_becomes(1).await;
        look(village, "台账 with what is overdue").await;
        village.open(&page).await;
        village.sees("李四改为").await;
        look(village, "a record with two versions and a question").await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

/// Screens and sheets that the walk through the app does not come by.
#[tokio::test]
async fn forms_aside_photos_signatures_hits_and_wide_screens_are_readable_too() {
    story(async |world| {
        let engine = fs::read_to_string(axe()).expect("axe-core is where it was named");
        let phone = world.enrolled_as("和志强", "legal_adviser").await;
        let mut found = Vec::new();
        let mut look = async |screen: &str| found.extend(everything_about(phone, &engine, screen).await);
        for (path, heading) in [("/new/complaint", "投诉建议"), ("/new/legal_aid", "法律援助申请")]
        {
            phone.open(path).await;
            phone.heading_becomes(heading).await;
            look(heading).await;
            phone.press("保存").await;
            phone.is_warned("要填写").await;
            look(&format!("{heading} with problems")).await;
        }
        phone.open("/new/consultation").await;
        phone.type_in("咨询内容", "丈夫酒后家暴,孩子也被打").await;
        phone.is_warned("必须报案").await;
        look("a form with an alarm").await;
        samples::consultation().record(phone).await;
        phone.press("转为纠纷").await;
        phone.sees("保密义务").await;
        look("转为纠纷").await;
        phone.press("取消").await;
        phone.press("补充").await;
        phone.type_in("补充内容", "有人持刀").await;
        phone.is_warned("110").await;
        phone.press("手写签名").await;
        phone.sees("签好了").await;
        look("手写签名").await;
        phone.press("关闭").await;
        look("补充 with an alarm").await;
        phone.press("取消").await;
        share(phone, &[PICTURE]).await;
        phone.unlock().await;
        phone.sees_picture("照片 1").await;
        look("分享来的照片").await;
        phone.press("记巡查").await;
        samples::finding("配电箱门锁损坏").fill(phone).await;
        phone.save().await;
        phone.press("放大照片 1").await;
        until("see the photo whole", async || {
            let script = "return document.querySelector('dialog .whole')?.complete ?? false";
            if phone.run(script, vec![]).await? == json!(true) { Ok(()) } else { Err("not yet".to_owned()) }
        })
        .await;
        look("a photo").await;
        phone.press("关闭").await;
        phone.press("台账").await;
        phone.type_in("搜索", "配电箱").await;
        phone.row_count_becomes(1).await;
        look("台账 with a hit").await;
        phone.type_in("搜索", "").await;
        found.extend(wide_and_english(phone, &engine).await);
        let header = phone.row("meta", "vault").await;
        phone.spoil("meta", "vault", Some(&header[..20])).await;
        phone.open_locked("/").await;
        // In English by now.
        phone.heading_becomes("This cannot be opened").await;
        found.extend(everything_about(phone, &engine, "a vault that can't be opened").await);
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

/// Lists beside what is open in them, and screens in English.
async fn wide_and_english(phone: &Phone, engine: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut look = async |width: u32, screen: &str| {
        self::width(phone, width).await;
        for theme in ["light", "dark"] {
            emulate(phone, &[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]).await;
            let violations = violations(phone, engine).await;
            found.extend(violations.iter().map(|one| format!("{screen}, {theme}: {one}")));
        }
        found.extend(measured(phone, "cut", screen).await);
    };
    phone.press_row("民间借贷").await;
    phone.sees("经过").await;
    look(1280, "a record beside the ledger").await;
    phone.press("我的").await;
    phone.heading_becomes("我的").await;
    look(1280, "我的, wide").await;
    phone.press_choice("语言", "English").await;
    phone.heading_becomes("Me").await;
    look(360, "Me").await;
    phone.press("Ledger").await;
    phone.heading_becomes("Ledger").await;
    look(1280, "Ledger, wide").await;
    look(360, "Ledger").await;
    phone.press("Today").await;
    phone.heading_becomes("Today").await;
    look(360, "Today").await;
    found
}

/// What is wrong with a screen in both themes, in the size of its targets, and with text of twice the size.
async fn everything_about(phone: &Phone, engine: &str, screen: &str) -> Vec<String> {
    let mut found = Vec::new();
    width(phone, 360).await;
    for theme in ["light", "dark"] {
        emulate(phone, &[("prefers-color-scheme", theme), ("prefers-reduced-motion", "reduce")]).await;
        found.extend(violations(phone, engine).await.iter().map(|one| format!("{screen}, {theme}: {one}")));
    }
    found.extend(measured(phone, "small", screen).await);
    for size in ["18px", "36px"] {
        grow(phone, size).await;
        found.extend(measured(phone, "cut", &format!("{screen} at {size}")).await);
    }
    grow(phone, "").await;
    found
}

#[tokio::test]
async fn the_desk_its_people_and_a_partys_page_are_readable_too() {
    story(async |world| {
        let engine = fs::read_to_string(axe()).expect("axe-core is where it was named");
        let (village, centre, _) = two_who_see_a_dispute(&world).await;
        let mut found = Vec::new();
        let mut look = async |phone: &Phone, screen: &str| {
            found.extend(everything_about(phone, &engine, screen).await);
        };
        village.press("开一张").await;
        village.sees("县平台已收到").await;
        look(village, "回执单").await;
        let address = "return document.querySelector('dialog .address').textContent";
        let address = village.run(address, vec![]).await.expect("an address");
        centre.press("与另一件并案").await;
        look(&centre, "与另一件并案").await;
        centre.press("关闭").await;
        centre.press("工作台").await;
        look(&centre, "工作台, empty").await;
        centre.press("辖区在办 1").await;
        look(&centre, "工作台").await;
        centre.press("批量交办").await;
        look(&centre, "批量交办").await;
        centre.press("取消").await;
        centre.press("人员").await;
        centre.press("管理张三").await;
        look(&centre, "人员").await;
        centre.press("添加人员").await;
        look(&centre, "添加人员").await;
        centre.press("关闭").await;
        centre.press("从表格导入").await;
        let list = world.station.folder().with_file_name("people.csv");
        let lines = "LQ-01,=1+1,网格员,固包村\nLQ-02,呷绒泽仁·达瓦扎西,市长,某某村\n";
        fs::write(&list, format!("工号,姓名,角色,村\n{lines}"))
            .expect("the story's folder can be written to");
        centre.add_file("选择表格", &list).await;
        centre.sees("一个人也不会导入").await;
        look(&centre, "从表格导入").await;
        centre.press("关闭").await;
        centre.press("单位").await;
        centre.press("新设单位").await;
        look(&centre, "新设单位").await;
        centre.enter("单位类别", "律师事务所").await;
        centre.enter("单位名称", LONG).await;
        centre.press("保存").await;
        centre.press(&format!("加入{LONG}")).await;
        look(&centre, "加入单位").await;
        centre.press("保存").await;
        centre.sees("移出").await;
        look(&centre, "单位").await;
        village.client().goto(address.as_str().expect("a text")).await.expect("a page");
        village.sees("办理进度").await;
        look(village, "办理进度").await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn a_language_that_runs_from_right_to_left_fits_the_screens() {
    story(async |world| {
        let mut found = Vec::new();
        every_screen(&world, async |phone, screen| {
            width(phone, 360).await;
            run_from(phone, "rtl").await;
            found.extend(measured(phone, "cut", screen).await);
            run_from(phone, "ltr").await;
        })
        .await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    })
    .await;
}

#[tokio::test]
async fn the_measures_see_what_they_look_for() {
    story(async |world| {
        let phone = &world.phone;
        phone.open("/enrol").await;
        width(phone, 360).await;
        phone.run(WRONG, vec![]).await.expect("a page can be spoilt");
        for (question, wanted) in [
            ("small", "<button class=\"\"> 小"),
            ("cut", "<p class=\"\"> 宽"),
            ("moving", "<button class=\"\"> 小"),
        ] {
            let found = measured(phone, question, "spoilt").await;
            assert!(found.iter().any(|line| line.contains(wanted)), "{question}: {found:#?}");
        }
        let engine = fs::read_to_string(axe()).expect("axe-core is where it was named");
        let found = violations(phone, &engine).await;
        assert!(found.iter().any(|line| line.starts_with("button-name")), "{found:#?}");
    })
    .await;
}

/// A button that is too small and moves, one without a name, and a line that is too wide.
const WRONG: &str = "
    const [button, nameless, line] = ['button', 'button', 'p'].map((tag) => document.createElement(tag));
    button.textContent = '小';
    Object.assign(button.style, { width: '20px', padding: '0', transition: 'opacity 1s' });
    line.textContent = '宽';
    line.style.width = '900px';
    document.querySelector('main').append(button, nameless, line);
";

async fn violations(phone: &Phone, engine: &str) -> Vec<String> {
    let there = phone.run("return window.axe !== undefined", vec![]).await == Ok(json!(true));
    if !there {
        // By DevTools, for the policy lets no foreign script in.
        phone.devtools("Runtime.evaluate", json!({ "expression": engine })).await;
    }
    let found = phone.run(AXE, vec![]).await.expect("axe-core can look");
    found.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

const AXE: &str = "
    const { violations } = await axe.run(document, { resultTypes: ['violations'] });
    const bad = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    return bad.flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} at ${target.join(' ')}: ${failureSummary.replace(/\\s+/g, ' ')}`));
";

async fn measured(phone: &Phone, question: &str, screen: &str) -> Vec<String> {
    let found = phone.run(include_str!("readable.js"), vec![question.into()]).await;
    let found = found.unwrap_or_else(|error| panic!("{screen}: {error}"));
    let lines = found.as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.map(|line| format!("{screen}: {line}")).collect()
}

async fn emulate(phone: &Phone, features: &[(&str, &str)]) {
    let features: Vec<_> =
        features.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    phone.devtools("Emulation.setEmulatedMedia", json!({ "features": features })).await;
}

async fn width(phone: &Phone, width: u32) {
    let screen = json!({ "width": width, "height": 740, "deviceScaleFactor": 2, "mobile": true });
    phone.devtools("Emulation.setDeviceMetricsOverride", screen).await;
}

/// As large as text gets where the browser's own size is this much of 18 px.
async fn grow(phone: &Phone, size: &str) {
    let script = "document.documentElement.style.fontSize = arguments[0]";
    phone.run(script, vec![size.into()]).await.expect("a page has a text size");
}

async fn run_from(phone: &Phone, direction: &str) {
    phone.run("document.documentElement.dir = arguments[0]", vec![direction.into()]).await.expect("a root");
}
