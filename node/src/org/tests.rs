use core::time::Duration;

use kith_api::{OrgEdit, RuleSpec};
use kith_proto::clock::JudgedTime;
use kith_proto::id::{AdminKeyId, PersonId};
use kith_proto::keys::{PublicKey, SigningKey};
use kith_proto::names::Name;
use kith_proto::policy::chain::{Applied, ChainError, PolicyChain, PolicyUpdate, Unusable};
use kith_proto::policy::document::PolicyBody;
use kith_proto::signed::Cosigned;
use kith_proto::time::Timestamp;
use kith_proto::validity::Validity;

use super::changes::changes;
use super::draft::{Admin, DAY, Draft, DraftError};
use super::edit::{EditError, Found, apply};
use super::proposal::Proposal;
use super::recovery_file::{self, RecoveryFileError};

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_790_000_000);

pub(super) fn key(n: u8) -> SigningKey {
    SigningKey::from_seed(&[n; 32])
}

fn admin(n: u8) -> Admin {
    Admin {
        key: key(n).public(),
        label: Some(Name::from_typed(&format!("admin {n}")).unwrap()),
    }
}

fn text(n: u8) -> String {
    AdminKeyId::from(key(n).public()).to_string()
}

/// How the key is shown to whoever knows it by that name.
fn named(name: &str, n: u8) -> String {
    format!("{name} ({}…)", &text(n)[..14])
}

fn someone(who: &str) -> Result<Found, String> {
    match who {
        "Ben" => Ok(Found {
            person: PersonId::from_bytes([2; 32]),
            name: Name::from_typed("Ben").unwrap(),
        }),
        _ => Err(format!("nobody is called {who}")),
    }
}

pub(super) fn edit(draft: &mut Draft, edit: OrgEdit) -> Result<(), EditError> {
    apply(draft, &edit, &someone, &[], None)
}

fn member(who: &str) -> OrgEdit {
    OrgEdit::Member {
        who: who.into(),
        name: None,
        role: Some("sharer".into()),
        join: Vec::new(),
        leave: Vec::new(),
    }
}

fn rule(subject: &str) -> RuleSpec {
    RuleSpec {
        subject: subject.into(),
        parts: vec!["viewer".into()],
        towards: None,
        technologies: Vec::new(),
        directions: vec!["invite".into()],
        applications: vec!["bank*".into()],
        view: "application".into(),
        control: "nothing".into(),
        without: vec!["audio".into()],
        demands: vec!["purpose".into()],
    }
}

/// Two of two, with a member, a group and a rule.
pub(super) fn two_of_two() -> Draft {
    let mut d = Draft::new(Name::from_typed("Praxis").unwrap(), admin(1));
    edit(
        &mut d,
        OrgEdit::AdminAdd {
            key: text(2),
            label: Some("Ben".into()),
        },
    )
    .unwrap();
    edit(&mut d, OrgEdit::Needed(2)).unwrap();
    edit(&mut d, member("Ben")).unwrap();
    edit(&mut d, OrgEdit::GroupAdd("doctors".into())).unwrap();
    edit(
        &mut d,
        OrgEdit::RuleAdd(Box::new(rule("not-group:Doctors"))),
    )
    .unwrap();
    d
}

fn joined(d: &Draft) -> PolicyChain {
    let update = d.finish(NOW).unwrap();
    PolicyChain::join(d.org().unwrap(), &update, &JudgedTime::from_wall(NOW)).unwrap()
}

#[test]
fn two_sign_through_files_and_the_chain_takes_it() {
    let mut first = two_of_two();
    assert_eq!(first.sign(&[key(1)], NOW), Ok(key(1).public()));
    let file = first.proposal().unwrap().to_bytes();
    let mut second = Draft::from_proposal(&Proposal::from_bytes(&file).unwrap()).unwrap();
    assert_eq!(second.body, first.body);
    assert_eq!(second.label(&key(2).public()), named("Ben", 2));
    assert!(matches!(
        second.finish(NOW),
        Err(DraftError::TooFew { have: 1, needed: 2, ref missing }) if *missing == named("Ben", 2)
    ));
    assert_eq!(second.sign(&[key(1)], NOW), Err(DraftError::AlreadySigned));
    assert_eq!(second.sign(&[key(9)], NOW), Err(DraftError::NotAnAdmin));
    assert_eq!(second.sign(&[], NOW), Err(DraftError::NotAnAdmin));
    // A key of somebody else beside one's own: one's own signs.
    second.sign(&[key(9), key(2)], NOW).unwrap();
    let mut chain = joined(&second);

    // The next one builds on it, and the old administrators sign.
    let mut next = Draft::after(chain.update_after(None), &second.admins).unwrap();
    assert!(next.changes_nothing());
    edit(&mut next, OrgEdit::AdminRemove { who: "Ben".into() }).unwrap();
    assert_eq!(next.needed, 1);
    assert!(!next.changes_nothing());
    next.sign(&[key(1)], NOW).unwrap();
    assert!(matches!(
        next.finish(NOW),
        Err(DraftError::TooFew { needed: 2, .. })
    ));
    next.sign(&[key(2)], NOW).unwrap();
    let update = next.finish(NOW).unwrap();
    chain.apply(&update, &JudgedTime::from_wall(NOW)).unwrap();
    assert_eq!(chain.head().payload().admins.keys(), [key(1).public()]);
}

#[test]
fn a_change_after_a_signature_takes_the_signature_away() {
    let mut d = two_of_two();
    d.sign(&[key(1)], NOW).unwrap();
    edit(&mut d, OrgEdit::GroupAdd("nurses".into())).unwrap();
    assert_eq!(d.signing, None);
    assert_eq!(d.progress().unwrap().have, 0);
}

#[test]
fn what_was_fixed_too_long_ago_is_not_signed_nor_published() {
    let mut d = two_of_two();
    edit(
        &mut d,
        OrgEdit::Times {
            max_age: None,
            grace: None,
            lifetime: Some(2),
        },
    )
    .unwrap();
    d.sign(&[key(1)], NOW).unwrap();
    let later = NOW.after(DAY * 2);
    assert_eq!(d.clone().sign(&[key(2)], later), Err(DraftError::Expired));
    d.sign(&[key(2)], NOW).unwrap();
    assert_eq!(d.finish(later), Err(DraftError::Expired));
}

#[test]
fn a_proposal_that_was_altered_is_refused() {
    let mut d = two_of_two();
    d.sign(&[key(1)], NOW).unwrap();
    let whole = d.proposal().unwrap();
    let mut other = two_of_two();
    edit(&mut other, OrgEdit::GroupAdd("nurses".into())).unwrap();
    let swapped = Proposal {
        body: other.body.to_bytes().unwrap().0,
        ..whole.clone()
    };
    assert_eq!(Draft::from_proposal(&swapped), Err(DraftError::Broken));
    d.sign(&[key(2)], NOW).unwrap();
    let base = Some(d.finish(NOW).unwrap());
    let rebased = Proposal {
        base,
        ..whole.clone()
    };
    assert_eq!(Draft::from_proposal(&rebased), Err(DraftError::Broken));
    let bytes = whole.to_bytes();
    for n in 0..bytes.len() {
        assert!(Proposal::from_bytes(&bytes[..n]).is_err());
    }
}

#[test]
fn a_draft_comes_back_from_the_store() {
    let mut d = two_of_two();
    edit(
        &mut d,
        OrgEdit::Recovery {
            keys: vec![format!("{}=paper", text(5)), text(6)],
            needed: 1,
        },
    )
    .unwrap();
    assert_eq!(Draft::from_bytes(&d.to_bytes().unwrap()), Ok(d.clone()));
    d.sign(&[key(1)], NOW).unwrap();
    assert_eq!(Draft::from_bytes(&d.to_bytes().unwrap()), Ok(d));
}

#[test]
fn recovery_keys_replace_administrators_and_nothing_else() {
    let mut d = two_of_two();
    edit(
        &mut d,
        OrgEdit::Recovery {
            keys: vec![text(5), text(6)],
            needed: 2,
        },
    )
    .unwrap();
    d.sign(&[key(1)], NOW).unwrap();
    d.sign(&[key(2)], NOW).unwrap();
    let mut chain = joined(&d);
    let mut next = Draft::after(chain.update_after(None), &[]).unwrap();
    edit(
        &mut next,
        OrgEdit::Recover {
            admins: vec![format!("{}=new", text(7))],
            needed: 1,
            retired: kith_api::Retired::Refused,
        },
    )
    .unwrap();
    let mut more = next.clone();
    edit(&mut more, OrgEdit::GroupAdd("nurses".into())).unwrap();
    assert_eq!(more.sign(&[key(5)], NOW), Err(DraftError::MoreThanRecovery));
    next.sign(&[key(5)], NOW).unwrap();
    let told = next.finish(NOW);
    assert!(
        matches!(
            told,
            Err(DraftError::TooFew {
                have: 1,
                needed: 2,
                ..
            })
        ),
        "{told:?}"
    );
    next.sign(&[key(6)], NOW).unwrap();
    chain
        .apply(&next.finish(NOW).unwrap(), &JudgedTime::from_wall(NOW))
        .unwrap();
    assert_eq!(chain.head().payload().admins.keys(), [key(7).public()]);
}

#[test]
fn changes_are_said_in_plain_words() {
    let mut d = two_of_two();
    let said = changes(&d).join("\n");
    let (one, two) = (named("admin 1", 1), named("Ben", 2));
    let founders = format!("2 of 2 administrators must sign every change: {one}, {two}.");
    for part in [
        "A new organisation, “Praxis”.",
        founders.as_str(),
        "Ben becomes a member, as sharer",
        "Rule 1: for everybody outside group “doctors” as viewer where the sharer invites for the \
         applications bank*: seeing at most one application, control of nothing, without sound; a \
         purpose is given.",
        "With people outside the organisation: no sharing.",
    ] {
        assert!(said.contains(part), "{part}\n---\n{said}");
    }
    d.sign(&[key(1)], NOW).unwrap();
    d.sign(&[key(2)], NOW).unwrap();
    let chain = joined(&d);
    let mut next = Draft::after(chain.update_after(None), &d.admins).unwrap();
    assert_eq!(changes(&next), ["Nothing but its date: it is renewed."]);
    edit(&mut next, OrgEdit::MemberRemove { who: "ben".into() }).unwrap();
    edit(&mut next, OrgEdit::RuleRemove(1)).unwrap();
    edit(&mut next, OrgEdit::GroupRemove("doctors".into())).unwrap();
    edit(&mut next, OrgEdit::Demands(vec!["trial".into()])).unwrap();
    edit(&mut next, OrgEdit::Outsiders("view-only".into())).unwrap();
    edit(&mut next, OrgEdit::Rename("Praxis Süd".into())).unwrap();
    edit(&mut next, OrgEdit::Needed(1)).unwrap();
    let said = changes(&next).join("\n");
    for part in [
        "renamed to “Praxis Süd”",
        "1 administrator must sign from then on, instead of 2.",
        "Ben is no longer a member: shares with Ben end as soon as the news arrives.",
        "The group “doctors” is gone.",
        "No longer: Rule 1:",
        "For every share from then on: a trial picture arrives first.",
        "With people outside the organisation: seeing at most the desktop, control of nothing, \
         instead of: no sharing.",
    ] {
        assert!(said.contains(part), "{part}\n---\n{said}");
    }
}

#[test]
fn each_wrong_input_is_named_and_changes_nothing() {
    let d = two_of_two();
    let missing = |what, name: &str| EditError::Missing {
        what,
        name: name.into(),
    };
    for (wrong, why) in [
        (OrgEdit::Needed(3), EditError::Needed { needed: 3, keys: 2 }),
        (OrgEdit::Needed(0), EditError::Needed { needed: 0, keys: 2 }),
        (
            OrgEdit::AdminAdd {
                key: text(2),
                label: None,
            },
            EditError::Exists {
                what: "administrator",
                name: text(2),
            },
        ),
        (
            OrgEdit::AdminRemove { who: "Eve".into() },
            missing("administrator", "Eve"),
        ),
        (
            OrgEdit::MemberRemove { who: "Eve".into() },
            missing("member", "Eve"),
        ),
        (member("Eve"), EditError::Who("nobody is called Eve".into())),
        (OrgEdit::GroupRemove("x".into()), missing("group", "x")),
        (
            OrgEdit::GroupRemove("doctors".into()),
            EditError::GroupInUse(1),
        ),
        (OrgEdit::RuleRemove(9), missing("rule", "9")),
        (OrgEdit::Rotate, EditError::NoOwnKey),
    ] {
        let mut changed = d.clone();
        assert_eq!(edit(&mut changed, wrong.clone()), Err(why), "{wrong:?}");
        assert_eq!(changed, d, "{wrong:?}");
    }
    for wrong in [
        OrgEdit::AdminAdd {
            key: "kithk1".into(),
            label: None,
        },
        OrgEdit::HostAdd {
            network: "10.20.0.0/99".into(),
            technologies: vec!["rdp".into()],
            ports: vec!["3389".into()],
        },
        OrgEdit::HostAdd {
            network: "10.20.0.0/16".into(),
            technologies: vec!["rdp".into()],
            ports: vec!["0".into()],
        },
    ] {
        let told = edit(&mut d.clone(), wrong.clone());
        assert!(
            matches!(told, Err(EditError::Malformed { .. })),
            "{wrong:?}: {told:?}"
        );
    }
    let mut spec = rule("group:doctors");
    spec.view = "all".into();
    let told = edit(&mut d.clone(), OrgEdit::RuleAdd(Box::new(spec)));
    assert!(matches!(told, Err(EditError::Word { .. })));
    let told = edit(&mut d.clone(), OrgEdit::RuleAdd(Box::new(rule("all"))));
    assert!(matches!(told, Err(EditError::Word { .. })));
}

#[test]
fn a_key_is_rotated_by_its_owner_alone() {
    let mut d = two_of_two();
    let mine: [PublicKey; 1] = [key(1).public()];
    apply(&mut d, &OrgEdit::Rotate, &someone, &mine, Some(&admin(8))).unwrap();
    let keys: Vec<_> = d.admins.iter().map(|a| a.key).collect();
    assert_eq!(keys, [key(8).public(), key(2).public()]);
    assert_eq!(d.label(&key(8).public()), named("admin 1", 8));
}

/// POL-1: nothing signed says whose a key is, so where a name is shown, the
/// beginning of the key is beside it, or all of it.
#[test]
fn an_administrators_name_never_stands_without_the_key() {
    let mut d = two_of_two();
    for n in [3, 4] {
        let add = OrgEdit::AdminAdd {
            key: text(n),
            label: (n == 3).then(|| "Ben".into()),
        };
        edit(&mut d, add).unwrap();
    }
    d.sign(&[key(2)], NOW).unwrap();
    let nameless = format!("{}…", &text(4)[..14]);
    let progress = d.progress().unwrap();
    assert_eq!(progress.signed, [named("Ben", 2)]);
    for who in [named("admin 1", 1), named("Ben", 3), nameless.clone()] {
        assert!(progress.missing.contains(&who), "{progress:?}");
    }
    let founded = changes(&d).join("\n");
    for who in [named("Ben", 2), named("Ben", 3), nameless.clone()] {
        assert!(founded.contains(&who), "{founded}");
    }
    // Where the whole key is beside it, the beginning isn't said again.
    let called: Vec<_> = d.admins.iter().map(Admin::called).collect();
    assert_eq!(called, ["admin 1", "Ben", "Ben", nameless.as_str()]);
}

#[test]
fn a_recovery_key_opens_with_its_passphrase_alone() {
    let secret = kith_api::Secret::new("four unusual words".into());
    let file =
        recovery_file::seal_with(&key(5), &secret, crate::profile::Stretch::cheap()).unwrap();
    assert!(file.len() < recovery_file::MAX_FILE);
    let back = recovery_file::open(&file, &secret).unwrap();
    assert_eq!(back.public(), key(5).public());
    let wrong = kith_api::Secret::new("other".into());
    assert_eq!(
        recovery_file::open(&file, &wrong).err(),
        Some(RecoveryFileError::WrongPassphrase)
    );
    assert_eq!(
        recovery_file::open(&file[..file.len() - 1], &secret).err(),
        Some(RecoveryFileError::Damaged)
    );
}

/// An organisation with a recovery key, and the draft of its next document.
fn recoverable() -> (PolicyChain, Draft) {
    let mut first = two_of_two();
    first.recovery = Some((vec![admin(7)], 1));
    first.sign(&[key(1)], NOW).unwrap();
    first.sign(&[key(2)], NOW).unwrap();
    let chain = joined(&first);
    let next = Draft::after(chain.update_after(None), &[]).unwrap();
    (chain, next)
}

/// Rule R2: of two documents with one number nobody may be the writer, also
/// where the other can't be read here.
#[test]
fn nothing_is_written_beside_a_newer_document_of_no_use() {
    let (mut chain, mut next) = recoverable();
    assert_eq!(next.overtaken(&chain), None);

    let broken = b"\xf6".to_vec();
    let mut header = next.header(NOW).unwrap();
    header.body = PolicyBody::digest(&broken);
    let mut other = Cosigned::new(header, &key(1)).unwrap();
    other.add_signature(&key(2)).unwrap();
    let update = PolicyUpdate {
        headers: vec![other.to_bytes()],
        body: broken,
    };
    let now = JudgedTime::from_wall(NOW);
    assert!(chain.apply(&update, &now).is_err());
    let replaceable = Some(DraftError::Replaceable {
        newest: 1,
        why: Unusable::Broken,
    });
    assert_eq!(next.overtaken(&chain), replaceable);
    let recovery = next.clone();
    next.grace += DAY;
    next.sign(&[key(1)], NOW).unwrap();
    next.sign(&[key(2)], NOW).unwrap();
    assert_eq!(next.overtaken(&chain), replaceable);
    let mut forked = chain.clone();
    let applied = forked.apply(&next.finish(NOW).unwrap(), &now);
    assert_eq!(applied, Err(ChainError::Forked));

    // The recovery keys heal it, once; and not together with administrators.
    let by_recovery = |grace: Duration| {
        let mut draft = recovery.clone();
        draft.grace += grace;
        draft.sign(&[key(7)], NOW).unwrap();
        draft
    };
    let mut mixed = by_recovery(DAY);
    mixed.sign(&[key(1)], NOW).unwrap();
    assert_eq!(mixed.overtaken(&chain), replaceable);
    let heal = by_recovery(DAY);
    assert_eq!(heal.overtaken(&chain), None);
    let heal = heal.finish(NOW).unwrap();
    assert_eq!(chain.apply(&heal, &now), Ok(Applied::Advanced { seq: 1 }));
    assert!(chain.in_force(&now).is_ok());
    let older = Some(DraftError::Older { newest: 1 });
    assert_eq!(by_recovery(2 * DAY).overtaken(&chain), older);
}

/// Where the recovery keys' own document can't be used here, nobody writes a
/// second.
#[test]
fn nothing_is_written_beside_what_recovery_keys_signed() {
    let (mut chain, mut next) = recoverable();
    let mut over = next.header(NOW.before(9 * DAY)).unwrap();
    over.validity = Validity::starting(NOW.before(9 * DAY), DAY);
    let over = Cosigned::new(over, &key(7)).unwrap();
    let update = PolicyUpdate {
        headers: vec![over.to_bytes()],
        body: chain.update_after(None).body,
    };
    let expired = Err(ChainError::Unusable(Unusable::Expired));
    assert_eq!(chain.apply(&update, &JudgedTime::from_wall(NOW)), expired);
    next.sign(&[key(7)], NOW).unwrap();
    let beside = Some(DraftError::Beside {
        newest: 1,
        why: Unusable::Expired,
    });
    assert_eq!(next.overtaken(&chain), beside);
}
