//! My own devices: a lost one is revoked (ID-1).

use kith_api::{ApiError, Code, Reply, RevokeReason};
use kith_proto::id::DeviceId;
use kith_proto::keys::PublicKey;
use kith_proto::meet::Message;
use kith_proto::person::Reason;

use super::error::{bad, fault};
use super::link::LinkId;
use super::open::Open;
use crate::account::{AccountError, CERT, Grown, Upkeep};
use crate::store::{own, people as people_rows};

/// The shortest beginning of a device's id that is looked for.
const PREFIX_MIN: usize = 8;

impl Open {
    /// Revokes a device of mine. It is for good, so this very device isn't
    /// revoked: it would be left with a person whom nobody believes.
    pub(super) async fn device_revoke(
        &mut self,
        which: &str,
        why: RevokeReason,
    ) -> Result<Reply, ApiError> {
        let device = self.own_device(which)?;
        if device == self.account.device() {
            return Err(bad("that is this very device").hint(
                "revoke it from another device of yours, or with the recovery sheet (“kith \
                 recover”); “kith lock” keeps others out of this one",
            ));
        }
        let reason = match why {
            RevokeReason::Lost => Reason::LOST,
            RevokeReason::Stolen => Reason::STOLEN,
            RevokeReason::Retired => Reason::RETIRED,
        };
        let now = self.now();
        let grown = self
            .account
            .revocation(device, reason, now)
            .map_err(|e| match e {
                AccountError::NoPersonKey => ApiError::new(Code::Denied, e.to_string())
                    .hint("revoke it on the device on which you were made, or restored"),
                e => fault(e),
            })?;
        self.keep_grown(grown).await?;
        let _ = self
            .swarm
            .set_standing(device, crate::swarm::Standing::Blocked)
            .await;
        self.witness_changed().await;
        Ok(Reply::Identity(self.identity()))
    }

    /// Replaces the recovery key: a new sheet was printed (ID-6).
    pub(super) async fn recovery_key(&mut self, key: &[u8; 32]) -> Result<Reply, ApiError> {
        self.not_under_control()?;
        let key = PublicKey::from_bytes(*key).map_err(|_| bad("that isn't a public key"))?;
        let now = self.now();
        let grown = self.account.new_sheet(key, now).map_err(|e| match e {
            AccountError::NoPersonKey => ApiError::new(Code::Denied, e.to_string())
                .hint("make the sheet on the device on which you were made, or restored"),
            AccountError::SheetTooSoon => ApiError::new(Code::BadRequest, e.to_string()),
            e => fault(e),
        })?;
        self.keep_grown(grown).await?;
        Ok(Reply::Identity(self.identity()))
    }

    /// Certifies this device anew, for a year (POL-8): my person says that no
    /// other machine continues the log.
    pub(super) async fn device_renew(&mut self) -> Result<Reply, ApiError> {
        self.not_under_control()?;
        let now = self.now();
        let grown = self.account.renewal(now).map_err(|e| match e {
            AccountError::NoPersonKey => ApiError::new(Code::Denied, e.to_string())
                .hint("this device is certified on the one on which you were made, or restored"),
            e => fault(e),
        })?;
        self.keep_grown(grown).await?;
        Ok(Reply::Identity(self.identity()))
    }

    /// Writes the entries of my log that time has made due: after a long
    /// sleep, one for each half year.
    pub(super) async fn log_due(&mut self) {
        while self.account.upkeep() == Upkeep::Due {
            // What can't be written now, on a full disk or beside what a newer
            // Kith wrote, is tried again when something is due the next time.
            let Ok(grown) = self.account.maintained() else {
                return;
            };
            if self.keep_grown(grown).await.is_err() {
                return;
            }
        }
    }

    /// Stores my log with its new entry, and shows it to contacts.
    async fn keep_grown(&mut self, grown: Grown) -> Result<(), ApiError> {
        let (person, mut entries) = (self.account.person(), self.account.entries().to_vec());
        entries.push(grown.entry().to_vec());
        let cert = grown.cert().to_vec();
        self.store
            .write(move |tx| {
                people_rows::put_entries(tx, &person, &entries)?;
                own::put(tx, CERT, &cert)
            })
            .await?;
        self.account.adopt(grown);
        self.show_log().await;
        Ok(())
    }

    /// The device of mine whose id is `which` or begins so.
    fn own_device(&self, which: &str) -> Result<DeviceId, ApiError> {
        let which = which.trim().to_lowercase();
        if which.len() < PREFIX_MIN {
            return Err(bad(format!(
                "use {PREFIX_MIN} or more letters of the device's id; “kith id” shows it"
            )));
        }
        let state = self.account.log().state();
        let mut found = state
            .devices
            .iter()
            .map(|l| l.device)
            .filter(|d| d.to_string().starts_with(&which));
        match (found.next(), found.next()) {
            (Some(one), None) => Ok(one),
            (Some(_), Some(_)) => Err(ApiError::new(
                Code::Ambiguous,
                "several of your devices begin so",
            )),
            (None, _) => {
                let mut revoked = state.revoked.iter().map(|r| r.device.to_string());
                Err(match revoked.any(|d| d.starts_with(&which)) {
                    true => ApiError::new(Code::BadRequest, "that device is revoked already"),
                    false => ApiError::new(Code::NotFound, "you have no such device")
                        .hint("“kith id” lists your devices"),
                })
            }
        }
    }

    /// Shows my log, which has news, to every contact who is connected.
    async fn show_log(&mut self) {
        let log = Message::Log(self.evidence()).to_bytes();
        let links: Vec<LinkId> = self
            .hellos
            .keys()
            .filter(|l| {
                let peer = self.links.get(l).map(|l| l.peer);
                peer.is_some_and(|p| self.is_contact(&p))
            })
            .copied()
            .collect();
        for link in links {
            self.send(link, log.clone()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use kith_proto::digest::Digest;
    use kith_proto::names::Name;

    use super::super::open::Input;
    use super::*;
    use crate::account::{Account, put_backed_up};
    use crate::cli::wall_clock;
    use crate::config::{OnOff, Settings};
    use crate::profile::{Profile, Wrapping};
    use crate::share::OwnProcesses;
    use crate::store::Store;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    /// What isn't written at the start, since a backup was made, is written
    /// by the timer as soon as it may be; and it outlives the node.
    #[tokio::test]
    async fn a_device_is_renewed_at_the_start_and_by_the_timer() {
        for held in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let profile = Profile::at(folder.path().join("anna"));
            let key = profile.create(&Wrapping::None).unwrap();
            let store = Store::create(&profile.database(), &key).unwrap();
            let now = wall_clock();
            let made = store.write(move |tx| {
                let name = Name::from_typed("Anna").unwrap();
                Account::create(tx, &name, None, now.before(DAY * 200)).unwrap();
                let account = Account::load(tx, now).unwrap();
                match held {
                    true => put_backed_up(tx, &account.head()),
                    false => Ok(()),
                }
            });
            made.await.unwrap();
            drop(store);

            let mut settings = Settings::load(&profile.config()).unwrap();
            settings.flag("loopback", OnOff::On);
            settings.flag("mdns", OnOff::Off);
            let own = OwnProcesses::default();
            let mut open = Open::start(&profile, &Wrapping::None, &settings, own)
                .await
                .unwrap();
            let renewed = |open: &Open| {
                let until = open.account.certified_until().unwrap();
                // Dated by when half of the year was over, 17.5 days ago.
                until >= now.after(DAY * 347)
            };
            assert_eq!(renewed(&open), !held);
            open.account.in_backup(Digest::from_bytes([9; 32]));
            open.handle(Input::Due).await;
            assert!(renewed(&open));
            let stored = open.store.read(move |tx| {
                let account = Account::load(tx, now).unwrap();
                let cert = account.cert().payload().validity.expires;
                Ok((account.certified_until().unwrap(), cert))
            });
            let (listing, cert) = stored.await.unwrap();
            assert_eq!(Some(listing), open.account.certified_until());
            assert_eq!(cert, listing);
        }
    }
}
