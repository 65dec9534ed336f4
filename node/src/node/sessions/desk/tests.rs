use kith_codec::geometry::Size;
use kith_proto::grant::{Consent, Trial};
use kith_proto::id::{DeviceId, PersonId};
use kith_proto::limits::Bars;
use kith_proto::names::Name;
use kith_proto::policy::case::Case;
use kith_proto::policy::consent::Verification as Verified;
use kith_proto::policy::decide::{Context, Decision, Side as Deciding, decide};
use kith_proto::policy::reference::PolicyRefs;
use kith_proto::policy::rule::Direction;
use kith_proto::rights::Scope;
use kith_proto::session::Terms;

use super::*;
use crate::account::Account;
use crate::cli::wall_clock;
use crate::config::Settings;
use crate::profile::{Profile, Wrapping};
use crate::share::{Admission, Lively, MayAsk, OwnProcesses, PathNonce, ShareEvent, Subject};
use crate::store::Store;

/// An open profile that talks to nobody: loopback only, and nothing announced.
async fn alone(folder: &std::path::Path) -> Open {
    let profile = Profile::at(folder.join("Anna"));
    let key = profile.create(&Wrapping::None).unwrap();
    let store = Store::create(&profile.database(), &key).unwrap();
    let (name, now) = (Name::from_typed("Anna").unwrap(), wall_clock());
    let made = store.write(move |tx| Ok(Account::create(tx, &name, None, now)));
    made.await.unwrap().unwrap();
    drop(store);
    let mut settings = Settings::load(&profile.config()).unwrap();
    for (key, value) in [("loopback", "on"), ("mdns", "off"), ("router", "off")] {
        settings.flag(key, value);
    }
    let own = OwnProcesses::default();
    let open = Open::start(&profile, &Wrapping::None, &settings, own);
    open.await.unwrap()
}

fn terms(me: PersonId, viewer: PersonId, session: SessionId) -> Terms {
    let level = kith_api::ShareLevel::Control;
    Terms {
        session,
        sharer: me,
        viewer,
        room: None,
        technology: Technology::Native,
        hosted: None,
        direction: Direction::Invite,
        extent: super::super::extent::named_extent(Scope::Desktop, vec![], level).unwrap(),
        harmless: Vec::new(),
        case: Case::default(),
        policies: PolicyRefs::default(),
    }
}

/// A grant of control, by the built-in policy and a consent.
fn granted(device: DeviceId, terms: &Terms, clock: Monotonic) -> Grant {
    let cx = Context {
        now: wall_clock(),
        side: Deciding::Sharer,
        organisations: &[],
        meeting: None,
        local: None,
        remote: None,
        viewer: Verified::Verified,
        consents: &[],
    };
    let Decision::Granted(decision) = decide(&cx, &terms.question()) else {
        panic!("it is allowed");
    };
    let consent = Consent::asked(terms.clone());
    let (passed, bars) = (Trial::Passed, Bars::default());
    Grant::issue(device, terms, &decision, &consent, passed, bars, clock).unwrap()
}

/// POL-7, GUARD-9: control that came to count at the screen after the newest
/// grant had none of it any more isn't kept, however it came to count.
#[tokio::test]
async fn control_beyond_the_newest_grant_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let mut open = alone(folder.path()).await;
    let viewer = PersonId::from_bytes([2; 32]);
    let who = Who {
        session: SessionId::from_bytes([7; 16]),
        side: Side::Sharer,
        person: viewer,
        device: DeviceId::from_bytes([2; 32]),
    };
    let id = who.session;
    let terms = terms(open.account.person(), viewer, id);
    let shares = open.sessions.shares().clone();
    let what = Subject::Synthetic {
        size: Size::new(320, 240).unwrap(),
        lively: Lively::Still,
    };
    let open_it = move || what.open(&OwnProcesses::default());
    let share = shares.start_sharing(open_it).unwrap();
    let admission = Admission {
        session: id,
        viewer: who.device,
        nonce: PathNonce::from_bytes([9; 16]),
        name: "Ben".into(),
        own_name: "Ben".into(),
        may_ask: MayAsk::Yes,
    };
    shares.admit(share, admission).unwrap();
    let mut one = One::new(who, terms.clone(), None);
    one.share = Some(share);
    let grant = granted(who.device, &terms, open.sessions.clock());
    one.control = grant.control();
    open.sessions.all.insert(id, one);

    open.give_control(&id);
    let given = async {
        loop {
            match open.sessions.news().await {
                Some(ShareEvent::ControlGiven { session }) if session == id => return,
                Some(_) => {}
                None => panic!("no news"),
            }
        }
    };
    tokio::time::timeout(core::time::Duration::from_secs(60), given)
        .await
        .unwrap();
    let counts = || ShareEvent::ControlGiven { session: id };
    open.share_news(counts()).await;
    assert_eq!(shares.controllers(share), [id], "it is as granted");
    // The grant is gone, and the screen has not heard of that.
    open.sessions.all.get_mut(&id).unwrap().control = None;
    open.share_news(counts()).await;
    assert_eq!(shares.controllers(share), []);
}
