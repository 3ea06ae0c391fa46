//! A misspelled region: the region that was probably meant.

/// The regions of the vendor's endpoint map that a user can have, sorted.
const REGIONS: [&str; 46] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-southeast-1",
    "ap-southeast-3",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "ap-southeast-8",
    "cn-beijing",
    "cn-beijing-finance-1",
    "cn-beijing-gov-1",
    "cn-chengdu",
    "cn-edge-1",
    "cn-fujian",
    "cn-fuzhou",
    "cn-guangzhou",
    "cn-hangzhou",
    "cn-hangzhou-finance",
    "cn-heyuan",
    "cn-hongkong",
    "cn-huhehaote",
    "cn-nanjing",
    "cn-north-2-gov-1",
    "cn-qingdao",
    "cn-shanghai",
    "cn-shanghai-finance-1",
    "cn-shenzhen",
    "cn-shenzhen-finance-1",
    "cn-wuhan",
    "cn-wuhan-lr",
    "cn-wulanchabu",
    "cn-wulanchabu-gic-1",
    "cn-yushanfang",
    "cn-zhangbei",
    "cn-zhangjiakou",
    "cn-zhengzhou-jva",
    "cn-zhongwei",
    "eu-central-1",
    "eu-west-1",
    "eu-west-2",
    "me-central-1",
    "me-east-1",
    "na-south-1",
    "us-east-1",
    "us-southeast-1",
    "us-west-1",
];

/// The known region that `region` is probably a misspelling of: its name without the prefix or with other hyphens, one
/// of its zones, or its name with at most two letters wrong.
///
/// A region that differs in a digit, or in the area of a numbered region, may be new: it is not a misspelling.
pub(crate) fn did_you_mean(region: &str) -> Option<&'static str> {
    if REGIONS.contains(&region) {
        return None;
    }
    let zone = region
        .rsplit_once('-')
        .filter(|(_, zone)| zone.len() == 1 && is_letters(zone));
    let mut known = REGIONS.iter().copied();
    known
        .find(|known| {
            let city = known.split_once('-').map_or(*known, |(_, city)| city);
            let is_zone = zone.is_some_and(|(region, _)| region == *known);
            is_zone || joined(region) == joined(known) || joined(region) == joined(city)
        })
        .or_else(|| {
            // `af-south-1` is another region than `na-south-1`, not a misspelling of it.
            let digits = numbers(region);
            let is_like = |known: &&&str| {
                numbers(known) == digits && (digits.is_empty() || area(known) == area(region))
            };
            let close = REGIONS.iter().filter(is_like);
            let close = close.map(|known| (distance(region, known), *known));
            close
                .min()
                .filter(|(distance, _)| *distance <= 2)
                .map(|(_, known)| known)
        })
}

fn numbers(name: &str) -> Vec<u8> {
    name.bytes().filter(u8::is_ascii_digit).collect()
}

/// `us` of `us-east-1`.
fn area(name: &str) -> &str {
    name.split('-').next().unwrap_or_default()
}

fn is_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// The name without hyphens.
fn joined(name: &str) -> String {
    name.replace('-', "")
}

/// How many letters must be added, dropped or replaced to get from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (number, a) in (1..).zip(from.bytes()) {
        let mut diagonal = std::mem::replace(&mut row[0], number);
        for (at, b) in to.bytes().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[at + 1];
            row[at + 1] = replaced.min(diagonal + 1).min(row[at] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_regions_have_a_hint() {
        for (region, meant) in [
            ("hangzhou", "cn-hangzhou"),
            ("cnhangzhou", "cn-hangzhou"),
            ("cn-hang-zhou", "cn-hangzhou"),
            ("cn-hangzhuo", "cn-hangzhou"),
            ("cn-hangzhou-h", "cn-hangzhou"),
            ("ap-southeast1", "ap-southeast-1"),
            ("us-est-1", "us-east-1"),
            ("eu-central-1a", "eu-central-1"),
        ] {
            assert_eq!(did_you_mean(region), Some(meant), "{region}");
        }
    }

    #[test]
    fn known_and_new_regions_have_no_hint() {
        let map: std::collections::BTreeMap<String, String> =
            serde_json::from_str(include_str!("../../tests/data/endpoints.json")).unwrap();
        for region in REGIONS {
            assert!(map.contains_key(region), "{region}");
        }
        let new = [
            "ap-southeast-9",
            "us-east-7",
            "cn-kunming",
            "af-south-1",
            "x",
        ];
        for region in map.keys().map(String::as_str).chain(new) {
            assert_eq!(did_you_mean(region), None, "{region}");
        }
    }
}
