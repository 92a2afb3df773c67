//! A walk through every screen, for whoever has to look at all of them.

use crate::{
    parked, samples, sealed,
    support::{LUQIAO_GUBAO, PIN, Phone, World},
};

/// Shows every screen of the app, with what comes up from the bottom of it and with what can be wrong on it, and names
/// each.
pub async fn every_screen(world: &World, mut look: impl AsyncFnMut(&Phone, &str)) {
    let phone = &world.phone;
    phone.open("/").await;
    look(phone, "登记本机").await;
    phone.press("登记").await;
    phone.is_warned("登记码").await;
    look(phone, "登记本机 with an alert").await;
    phone.enrol(&world.station.enrol("张三", "grid_worker", LUQIAO_GUBAO)).await;
    phone.keeps_the_app().await;
    look(phone, "今天 with nothing in it").await;
    forms(phone, &mut look).await;
    parked::comes_back(world, phone).await;
    record(phone, &mut look).await;
    lists(phone, &mut look).await;
    for (screen, press) in
        [("我的", None), ("关于", Some("许可证和数据存放")), ("演练", Some("假设手机今天丢了"))]
    {
        phone.press("我的").await;
        phone.heading_becomes("我的").await;
        if let Some(press) = press {
            phone.press(press).await;
            phone.focus_is_on_the_heading().await;
        }
        look(phone, screen).await;
    }
    phone.press("我的").await;
    for sheet in ["导出备份", "导入备份", "修改PIN"] {
        phone.press(sheet).await;
        look(phone, sheet).await;
        phone.press("取消").await;
    }
    phone.open("/share").await;
    look(phone, "分享来的照片 without any").await;
    phone.open("/nowhere").await;
    look(phone, "没有这一页").await;
    locked(world, &mut look).await;
}

async fn forms(phone: &Phone, look: &mut impl AsyncFnMut(&Phone, &str)) {
    for (begin, heading) in [("记巡查", "巡查"), ("记咨询", "法律咨询"), ("记纠纷", "矛盾纠纷")]
    {
        phone.press("今天").await;
        phone.press(begin).await;
        phone.heading_becomes(heading).await;
        look(phone, heading).await;
        phone.press("保存").await;
        phone.is_warned("要填写").await;
        look(phone, &format!("{heading} with problems")).await;
    }
    phone.press("来源").await;
    phone.sees("当事人申请").await;
    look(phone, "a list to pick from").await;
    phone.press("关闭").await;
    phone.press("再加一位当事人").await;
    phone.enter("当事人 2 › 姓名", "扎西·次仁").await;
    phone.hears("草稿已保存").await;
    look(phone, "a form with two people").await;
}

async fn record(phone: &Phone, look: &mut impl AsyncFnMut(&Phone, &str)) {
    phone.press("今天").await;
    let page = samples::dispute().record(phone).await;
    phone.sync_becomes("1 条被退回").await;
    phone.open(&page).await;
    // The sheet goes when the record is read anew.
    phone.press_until_seen("查看回执", "签名已核对").await;
    look(phone, "送达回执").await;
    phone.press("关闭").await;
    look(phone, "a record").await;
    for (sheet, wrong) in [("补充", true), ("更正", true), ("开始调解", false)] {
        phone.press(sheet).await;
        look(phone, sheet).await;
        if wrong {
            phone.press("保存").await;
            phone.is_warned("没有保存").await;
            look(phone, &format!("{sheet} with an alert")).await;
        }
        phone.press("取消").await;
    }
}

async fn lists(phone: &Phone, look: &mut impl AsyncFnMut(&Phone, &str)) {
    phone.press("今天").await;
    phone.sees("接着写").await;
    look(phone, "今天").await;
    phone.press("台账").await;
    phone.heading_becomes("台账").await;
    phone.row_count_becomes(3).await;
    look(phone, "台账").await;
    phone.type_in("搜索", "查无此人").await;
    phone.row_count_becomes(0).await;
    look(phone, "台账 with nothing found").await;
    phone.press("待上传").await;
    phone.sees("修改后重报").await;
    look(phone, "待上传").await;
}

async fn locked(world: &World, look: &mut impl AsyncFnMut(&Phone, &str)) {
    let phone = &world.phone;
    phone.reload_locked().await;
    look(phone, "解锁").await;
    phone.unlock_with("111222").await;
    phone.is_warned("PIN不对").await;
    look(phone, "解锁 after a wrong PIN").await;
    phone.press("忘记PIN").await;
    look(phone, "忘记PIN").await;
    phone.press("返回").await;
    phone.press("换人").await;
    phone.sees("现在打开的").await;
    look(phone, "换人").await;
    phone.press("返回").await;
    phone.unlock_with(PIN).await;
    phone.heading_becomes("没有这一页").await;
    // With nothing for the app to write.
    world.station.stop().await;
    phone.run(sealed::AS_BEFORE, vec![]).await.expect("the database becomes one of version 1");
    phone.open_locked("/").await;
    phone.heading_becomes("设置PIN").await;
    look(phone, "设置PIN").await;
}
