//! What faces ask: each request finds its part.

use kith_api::{ApiError, Encryption, Reply, Request, ShareRequest};

use super::open::Open;

impl Open {
    pub(super) async fn answer(
        &mut self,
        request: Request,
        encryption: Encryption,
    ) -> Result<Reply, ApiError> {
        match request {
            Request::Status => Ok(Reply::Status(self.status(encryption).await?)),
            Request::Identity => Ok(Reply::Identity(self.identity())),
            Request::DeviceRevoke { device, reason } => self.device_revoke(&device, reason).await,
            Request::DeviceRenew => self.device_renew().await,
            Request::RecoveryKey { key } => self.recovery_key(&key).await,
            Request::InviteNew { lifetime_secs } => self.invite_new(lifetime_secs).await,
            Request::Invites => self.invite_list().await,
            Request::InviteRevoke { invite } => self.invite_revoke(&invite).await,
            Request::InviteLook { invite } => self.invite_look(&invite),
            Request::InviteAccept { invite, petname } => {
                self.invite_accept(&invite, petname.as_deref()).await
            }
            Request::ContactDecide { who, decision } => {
                let id = self.find(&who)?;
                self.decide(&id, decision).await
            }
            Request::ContactRemove { who } => {
                let id = self.find(&who)?;
                self.contact_remove(&id).await
            }
            Request::Contacts => Ok(Reply::Contacts(self.contacts())),
            Request::Contact { who } => {
                self.observe_policies().await?;
                let id = self.find(&who)?;
                let person = self.people.get(&id);
                let contact = person.map(|p| self.contact_in_full(p));
                contact
                    .map(Reply::Contact)
                    .ok_or_else(|| super::error::fault("no person"))
            }
            Request::Features { who } => self.features_of(&who).await,
            Request::Probe { who } => self.probe_ways(&who).await,
            Request::ContactRename { who, petname } => self.rename(&who, &petname).await,
            Request::ContactRoutes { who, routes } => self.set_routes(&who, routes).await,
            Request::Safety { who } => self.safety(&who),
            Request::Card => Ok(Reply::Card(self.card()?)),
            Request::ExportIdentity => Ok(Reply::Package(self.identity_file())),
            Request::Verify { who, outcome } => self.verify(&who, outcome).await,
            Request::Meeting(about) => self.answer_meeting(about).await,
            Request::Presence { state } => self.set_presence(state).await,
            Request::PresenceRules(about) => self.answer_presence(about).await,
            Request::Import { content } => self.import(&content).await,
            Request::Doctor => Ok(Reply::Doctor(self.doctor().await)),
            Request::Backup { passphrase } => self.backup(passphrase).await,
            Request::Environment => Ok(self.environment().await),
            Request::Policy(about) => self.answer_policy(about).await,
            Request::Org(about) => self.answer_org(about).await,
            Request::Share(ShareRequest::Trace { session }) => self.answer_trace(&session).await,
            Request::Share(ShareRequest::Check(about)) => {
                let can = self.can_be_asked_about(&Request::Share(*about)).await;
                can.map(|()| Reply::Done)
            }
            Request::Share(about) => self.answer_share(about).await,
            Request::Audit(about) => self.answer_audit(about).await,
            Request::Account(about) => self.answer_account(about).await,
            Request::Consent(about) => self.answer_consent(about).await,
            Request::Limits(about) => self.answer_limits(about).await,
            // The shell answers these before an open profile is asked.
            Request::Stop
            | Request::Lock
            | Request::Unlock { .. }
            | Request::Subscribe
            | Request::Config
            | Request::ConfigSet { .. } => Ok(Reply::Done),
            about_rooms => self.answer_about_rooms(about_rooms).await,
        }
    }
}
