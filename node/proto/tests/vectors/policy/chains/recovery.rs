use super::*;

/// The recovery keys' word on a number, beside what administrators signed.
pub(super) fn stories(genesis: &Cosigned<PolicyHeader>, b1: &[u8]) -> Vec<Story> {
    let org = OrgId::from(genesis.digest());
    let now = NOW.after(DAY * 10);
    let [(_, d1), (b2, d2), (b3, d3)] = [body(1), body(2), body(3)];
    let next = |d| header(Some(genesis), org, d);
    let after = |p: &Cosigned<PolicyHeader>, d| header(Some(p), org, d);
    let story = |name| Story::new(name, org).send(now, &[genesis.to_bytes()], b1);
    let recovered = |grace: u32, by: &[u8]| {
        let mut h = next(d1);
        h.admins = keys(&[8, 9], 2);
        h.grace = DAY * grace;
        sign(&h, by)
    };
    let heals = recovered(1, &[11, 12]);
    let heal = heals.to_bytes();
    let few = recovered(1, &[11, 1]).to_bytes();
    let other = recovered(2, &[12, 13]).to_bytes();
    let third = recovered(3, &[11, 13]).to_bytes();
    let good = sign(&next(d2), &[1, 2]);
    let rival = sign(&next(d3), &[1, 3]).to_bytes();
    let mut stories: Vec<Story> = of_no_use(genesis)
        .iter()
        .flat_map(|(what, odd, b)| {
            let odd = core::slice::from_ref(odd);
            [
                story(format!("recovery keys replace a document {what}"))
                    .send(now, odd, b)
                    .send(now, core::slice::from_ref(&few), b1)
                    .send(now, core::slice::from_ref(&heal), b1)
                    .send(now, odd, b)
                    .send(now, core::slice::from_ref(&rival), &b3),
                story(format!(
                    "a document {what} comes beside the recovery keys' own"
                ))
                .send(now, core::slice::from_ref(&heal), b1)
                .send(now, odd, b),
            ]
        })
        .collect();
    let heal = core::slice::from_ref(&heal);
    let rival = core::slice::from_ref(&rival);
    let good_one = [good.to_bytes()];
    stories.push(
        story("a fork, settled by a third document with its number".to_owned())
            .send(now, &good_one, &b2)
            .send(now, rival, &b3)
            .send(now, heal, b1)
            .send(now, rival, &b3)
            .send(now, &good_one, &b2),
    );
    stories.push(
        story("recovery keys replace a document that is in force, and its successor".to_owned())
            .send(now, &good_one, &b2)
            .send(now, &[sign(&after(&good, d3), &[1, 2]).to_bytes()], &b3)
            .send(now, heal, b1),
    );
    let mut behind = after(&good, d2);
    behind.admins = keys(&[8, 9], 2);
    let behind = [good.to_bytes(), sign(&behind, &[11, 13]).to_bytes()];
    stories.push(
        story("the recovery keys' own, then another of theirs with a higher number".to_owned())
            .send(now, heal, b1)
            .send(now, &good_one, &b2)
            .send(now, &behind, &b2)
            .send(now, heal, b1),
    );
    let mut last = after(&heals, d1);
    last.admins = keys(&[8, 9], 1);
    let last = [heals.to_bytes(), sign(&last, &[12, 13]).to_bytes()];
    stories.push(
        story("two documents of the recovery keys, a third, and one behind the first".to_owned())
            .send(now, heal, b1)
            .send(now, core::slice::from_ref(&other), b1)
            .send(now, core::slice::from_ref(&third), b1)
            .send(now, &last, b1)
            .send(now, core::slice::from_ref(&other), b1),
    );
    stories.push(replaced(genesis, story));
    stories
}

/// Administrators that were replaced stop nobody; but the recovery keys can
/// still go on from what they signed.
fn replaced(genesis: &Cosigned<PolicyHeader>, story: impl Fn(String) -> Story) -> Story {
    let org = OrgId::from(genesis.digest());
    let now = NOW.after(DAY * 10);
    let [(b2, d2), (b3, d3)] = [body(2), body(3)];
    let mut h = header(Some(genesis), org, d3);
    h.admins = keys(&[4], 1);
    let stolen = sign(&h, &[1, 2]);
    let mut h = header(Some(&stolen), org, d3);
    h.admins = keys(&[4], 1);
    let second = sign(&h, &[4]);
    let honest = sign(&header(Some(genesis), org, d2), &[2, 3]);
    let mut h = header(Some(&honest), org, d2);
    h.admins = keys(&[8, 9], 2);
    let heal = sign(&h, &[11, 12]);
    story("stolen keys replaced the administrators; the recovery keys go on from another".into())
        .send(now, &[stolen.to_bytes()], &b3)
        .send(now, &[second.to_bytes()], &b3)
        .send(now, &[honest.to_bytes()], &b2)
        .send(now, &[honest.to_bytes(), heal.to_bytes()], &b2)
        .send(now, &[stolen.to_bytes(), second.to_bytes()], &b3)
}
