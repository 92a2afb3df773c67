//! The first letters of Chinese characters in pinyin, by the order that the browser itself sorts them in: no table to
//! load.

use std::{cell::RefCell, collections::BTreeMap};

use super::shim;

thread_local! {
    static KNOWN: RefCell<BTreeMap<char, [u8; 2]>> = const { RefCell::new(BTreeMap::new()) };
}

/// Characters of names, places and this trade that are read in two ways, with both first letters: 曾 is Zēng as a name
/// and céng in a sentence. A sorting order knows only one of them.
const TWO: &str = "曾cz单ds解jx仇cq区oq查cz重cz长cz行hx厦sx覃qt乐ly尉wy召sz盛cs翟dz种cz车cj传cz藏cz朝cz调dt降jx校jx会hk石ds\
    系jx参cs弹dt奇jq折sz贾gj番fp便bp宿sx谷gy隗kw郗cx郇hx俟qs什ss堡bp埔bp涌cy圩wx陂bp浒hx莘sx荥xy歙sx峒dt给gj假jj强jq\
    识sz省sx率ls屏bp提dt叶xy斗dd卡kq咖gk遗wy艾ay约yy处cc还hh";

/// What a character is found by: the first letter of its reading, and of a second one. Nothing where there is none, and
/// where the browser doesn't sort by pinyin.
pub fn pinyin(c: char) -> [u8; 2] {
    if !matches!(c, '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{323af}') {
        return [0, 0];
    }
    KNOWN.with_borrow_mut(|known| *known.entry(c).or_insert_with(|| read(c)))
}

fn read(c: char) -> [u8; 2] {
    let first = shim::initial_of(c.encode_utf8(&mut [0; 4]));
    if first == 0 {
        return [0, 0];
    }
    let second =
        TWO.split_once(c).and_then(|(_, after)| after.bytes().take(2).find(|letter| *letter != first));
    [first, second.unwrap_or(0)]
}
