# The whole of what the program says, in English.

today = Today
yesterday = Yesterday
loading = One moment …
copied = Copied
close = Close
try-again = Try again
start-again = Start again
allow = Allow
deny = Refuse
decline = Decline
join = Join
leave = Leave
copy = Copy

## Before there is a conversation
opening = Starting Kith …
first-title = Welcome to Kith
first-more = Talk with people nearby or far away, and show them a running application. There is no server and no account: everything stays on your devices.
first-name = Your name
first-name-help = This is what other people see.
first-name-example = Anna Berg
first-name-missing = Please enter a name first.
first-passphrase = Passphrase
first-passphrase-help = It protects everything that Kith keeps on this device. Four or five unusual words are strong and easy to remember.
first-again = The same once more
first-keyring = Use this computer’s keyring instead
first-no-keyring = Use a passphrase instead
first-keyring-help = The keyring of your desktop keeps the key. You need no passphrase; whoever is logged in as you can open Kith. Without that keyring nobody can, so make a backup.
first-too-short = The passphrase needs eight characters or more.
first-differ = The two passphrases differ.
first-go = Begin
first-making = Making your keys …
first-new = Begin anew
first-backup = I have a backup
first-sheet = I have a recovery sheet
first-backup-more = This becomes a new device of yours. Don’t restore the same backup again elsewhere: make a fresh one, and delete this one.
first-sheet-more = For when all your devices are lost or stolen. This becomes your only device; all others are revoked.
first-paper = Make a recovery sheet to print
first-file-backup = Where the backup is
first-drop = You can drop the file on this window.
first-backup-passphrase = The backup’s. From now on it protects this device too.
first-file-sheet = Where the recovery sheet is
first-file-sheet-help = The sheet’s file, or a file into which you typed its code or its 24 words.
first-file-from = A file that knows you
first-file-from-help = A backup of yours, or what a contact saved as a file of your conversation.
first-sheet-name = A backup has it; otherwise say it here.
first-sheet-passphrase = The backup’s, or a new one for your data.
first-sheet-missing = Please say where the recovery sheet is.
first-file-missing = Please say where the file is.
unlock-title = Kith is locked
unlock-more = Enter your passphrase to open it.
unlock-keyring = Your keyring opens it.
unlock-open = It is not under a passphrase.
unlock-go = Open
unlock-busy = Opening …
unlock-wrong = That passphrase doesn’t fit.
broken-title = Kith can’t start
broken-more = Nothing of yours is lost. Try again; if it stays so, starting this computer anew often helps.

## The list
nav-talk = Talk
nav-shares = Shares
nav-settings = Settings
search = Search people and messages
searching = Searching …
found-nothing = No message holds this text.
found = { $n ->
    [one] One message
   *[other] { $n } messages
}
invite = Invite somebody
new-room = New room
nobody = Nobody here yet
nobody-more = Invite somebody, or answer an invite that you were given.
invite-somebody = Invite somebody
have-invite = I have an invite
members = { $n ->
    [one] Only you
   *[other] { $n } people
}
invited-here = You are invited
asks-you = Wants to talk with you
waiting-for = Waiting for their answer
they-declined = They declined
let-in = Accept
turn-away = Decline
offline = Not reachable
presence-available = Available
presence-away = Away
presence-busy = Busy
presence-hidden = Hidden
presence-sharing = Sharing
presence-none = Not connected
presence-unknown = Not known now
presence-via = { $how }, { $via }

## A conversation
nothing-open = Choose a conversation
nothing-open-more = Your people and rooms are on the left.
asks-title = { $name } wants to talk with you
asks-more = They answered your invite. Accept only if you know who this is; you can compare a safety number later.
waiting-title = Waiting for { $name }
waiting-more = As soon as you are both online, they are told that you answered. Nothing more is needed.
answered-more = Your answer was sent to their device. You can talk as soon as they say yes.
invite-refused = Their invite can’t be used
refused-title = Nothing came of { $name }’s invite
refused-used = It was used already. Ask for a new invite.
refused-revoked = It was taken back. Ask for a new invite.
refused-expired = It has expired. Ask for a new invite.
refused-declined = They declined.
refused-unknown = Their device didn’t take your answer. Ask for a new invite.
forget-person = Remove from this list
verified = Verified
unverified = Not verified
share = Share
parted = You removed them
parted-title = You removed { $name }
parted-more = You removed them. What was said stays here until you erase it. To talk again, one of you invites the other.
parted-erase = Erase what was said …
parted-erase-go = Erase it here
erase-title = Erase what was said?
erase-more = What you and { $name } said to each other goes from this device, with its files. What { $name } has stays there. This can’t be undone.
not-a-member = You are not a member of this room any more.
history-failed = The messages can’t be shown
no-messages = No messages yet
no-messages-more = Say hello. What you write waits here until the other person can be reached.
to-newest = To the newest message
invited-question = You are invited to this room. Do you want to join?
answering = Answering
editing = Changing
write = Write a message
not-sent = Not sent: Kith isn’t running. What you wrote stays here.
new-below = New
react = React
answer = Answer
edit = Change
edited = changed
delete = Delete for everybody
delete-title = Delete this message?
delete-more = It goes on every device that it reached. This can’t be undone.
delete-not = Keep it
doubtful = doubtful
doubtful-why = There are two versions of what this device wrote: somebody with a copy of it may have written this. It is passed on to nobody.
erased = This message was deleted.
erased-by = { $who } deleted this message.
missing = The text of this message hasn’t arrived yet.
delivery-queued = Waits on this device
delivery-held = Held by { $names }, not yet everywhere
delivery-delivered = Delivered
delivery-read = Read
file-title = Send a file
file-more = Choose a file, name it, or drop one on the conversation. It is sent when the others fetch it.
file-path = Where it is
file-up = Up
file-none = No file here.
file-send = Send a file
file-save = Save to Downloads
no-downloads = There is no folder to put it into
trouble-not-found = It isn’t there.
trouble-not-allowed = Reading or writing there isn’t allowed.
trouble-read-only = Nothing can be written there.
trouble-exists = There is something of that name already.
trouble-too-large = It is too large.
trouble-no-name = That is no path. It begins with “/” or “~/”.
trouble-no-folder = That is no folder.
trouble-folder = That is a folder.
trouble-full = The disk is full.
node-gone = Kith isn’t running in the background. Nothing is sent or received.
node-silent = Kith doesn’t answer. It may be halted, or this computer is very busy. What you see may be old, and what you do waits.

## Invites and people
invite-title = Invite somebody
invite-more = Give this to one person: let them scan it, or send the text. It works once.
copy-invite = Copy the text
invite-until = Good until { $when }
invites-open = Others that nobody has answered yet
carried-title = A file by hand
carried-more = Without a network everything goes by files, on a stick for example: an answer to your invite, a reply, the messages of a room, a policy, somebody’s list of devices. A log of shares is checked. Taking a file in twice does no harm.
carried-drop = A file whose name ends with “.kith” can be dropped on this window.
carried-go = Take it in
carried-save = Save as a file
carried-saved = Saved as { $path }
carried-room = Messages as a file
carried-readable = Whoever has the file can read it.
carried-reply = Your yes as a file
policy-of = A policy of { $name }
policy-lists = It lists you: { $role }.
policy-doesnt-list = It doesn’t list you: joining would only forbid. Give an administrator your identity (“Settings”).
policy-compare = You don’t belong to it yet. Compare this line with what its administrator says; whoever joins is bound by its rules.
policy-join = Join it
policy-joined = You belong to { $name } now.
sign-of = A policy of { $name } to be signed: number { $n }
sign-more = Read what it changes. Who signs it answers for it.
sign-word = The others who sign it must see the same words:
sign-signed = Signed: { $have } of { $needed }. { $names }
sign-missing = Who can sign it still: { $names }
sign-go = Sign it
sign-done = You signed it. Pass the saved file on to whoever is missing.
sign-publish = Put it in force
sign-published = It is in force here. Members whom you meet get it by themselves, others by the saved file.
accept-title = Answer an invite
accept-more = Paste the text that begins with “kith:”. Looking at it doesn’t use it up.
accept-go = Answer it
accept-look = Look at it
accept-done = You and { $name } can talk now.
accept-waits = Your answer is on its way to { $name }. You can talk as soon as they accept.
petname = What you call this person
petname-help = Only you see this.
known-open = More …
known-own = They call themselves { $name }.
known-rename = Call them so
known-presence = When they come
known-tell = Tell me once
known-told = You will be told
known-routes = How they reach this device
known-any = Any way
known-relay = Only through relays
known-routes-more = Through relays they don’t learn the address of this device. What they learnt before stays known.
known-apart = Keep them away
known-hide = Don’t let them see when I am here
known-show = Let them see when I am here
known-bar = Share nothing with them
known-barred = A rule of your own says so now; “Rules” takes it back.
known-apart-more = They can still write to you.
known-remove = Remove from contacts …
remove-title = Remove this contact?
remove-more = What you share with { $name } ends, and standing consents with it. Nothing of theirs comes any more, and they aren’t told: to them you are away. What was said stays readable here. Rooms in which both of you are go on.
remove-not = Keep them
remove-go = Remove
safety-title = Compare the safety number
safety-more = Read these numbers to { $name }, face to face or by voice. If both of you see the same, nobody is between you.
safety-equal = They are the same
safety-differs = They differ
safety-is = You have compared this number.
safety-take-back = Take the mark back
room-title = New room
room-name = What it is called
room-name-example = Ward 3
room-who = Who is in it
moderated-new = What may be shared there
moderated-new-more = In a moderated room you say what may be shared, to everybody and to each, and change it at any time.
moderated-free = What each of them likes
moderated-nothing = Nothing
moderated-view = Show and see
moderated-control = Control too
moderated-title = A moderated room
moderated-by = { $name } says what may be shared here.
moderated-by-me = You opened this room, and say what may be shared here.
moderated-everybody = Everybody, at most:
moderated-one = { $name }, at most:
moderated-person = { $name }: { $level }
company-with = Members
company-none = Nobody else is in this room yet.
members-invited = invited
members-runs = runs the room
members-invite = Invite …
members-remove = Remove { $name } …
members-leave = Leave …
members-invite-title = Invite into the room
members-invite-more = Who is invited sees nothing of “{ $room }” before they accept.
members-invite-go = Invite
members-nobody = All your contacts are in it.
members-remove-title = Remove from the room
members-remove-more = { $name } gets nothing more of “{ $room }”. What was said there before stays with them.
members-remove-go = Remove
members-leave-title = Leave the room
members-leave-more = You get nothing more of “{ $room }”, and can come back only if you are invited again.
members-leave-go = Leave it
offer-in-room = In the room “{ $room }”: what is allowed there counts too.
room-make = Make the room
about = About this person
person-id = Identity
compare = Compare the safety number

## Sharing
share-choose = Choose a person to share something with.
share-far = { $name } can’t be reached now: nothing can be shared.
panel-back = Back to the conversation
share-show = Show something
share-let-control = Show, and let them control
share-see = Ask to see something
share-see-control = Ask to see and control
share-unknown = What is possible isn’t known until you were both online.
share-server = Show a VNC server …
share-see-what = Ask for something particular …
share-checking = The way to them is being tried …
share-only-in = Only in a moderated room: choose { $name } in { $rooms }.
share-room-nothing = In this room nothing may be shared with { $name }: whoever opened it says so.
share-room-view = In this room control isn’t allowed with { $name }.
path-title = Ways to them
path-you = You
path-untried = Not tried yet
way-standing = connected now
way-remembered = from before
way-announced = told by them
ask-just-came = That has only just appeared here. Read it, then press again.
choose-what = Choose what to show
asks-lasts = This counts once: until one of you ends it, { $hours } hours at most.
asks-lasts-control = This counts until you take control back (Esc) or one of you ends it, { $hours } hours at most.
asks-lasts-seeing = You see it until one of you ends it, { $hours } hours at most. Nothing of yours is shown.
live-sees = { $count ->
    [one] { $names } sees { $what }
   *[other] { $names } see { $what }
}
live-controls = { $count ->
    [one] { $names } sees and controls { $what }
   *[other] { $names } see and control { $what }
}
live-how = Press Esc to take control back
take-control = Take control back
stop-sharing = Stop sharing
stop-watching = Stop watching
take-back = Take it back
ask-control = Ask for control
give-control-back = Give control back
window-front = To its window
window-full = Full screen and back
figures = Figures
figures-path = Path
figures-trip = Round trip
figures-frames = Pictures a second
figures-rate = Received a second
figures-bytes = Received in all
path-direct = direct
path-relayed = relayed
path-interrupted = interrupted
shares-title = Shares
shares-none = Nothing is shared
shares-none-more = Open a conversation and press “Share” to show somebody an application, or to see one of theirs.
shares-mine = Who sees something of yours
shares-theirs = What you see of others
shares-over = Over
shares-ended = Ended: Kith was locked or isn’t running. Nothing is shown or seen any more.
phase-invited = You invited { $name } to see { $what }.
phase-asked-for = You asked { $name } to show you something.
phase-wants-to-see = { $name } asks { $control ->
    [yes] to see and control
   *[no] to see
} something of yours.
phase-wants-one = { $name } asks { $control ->
    [yes] to see and control
   *[no] to see
} { $what }.
phase-invites-me = { $name } wants to show you { $what }{ $control ->
    [yes] , with control
   *[no] { "" }
}.
phase-settling = Getting ready with { $name } …
phase-sees = { $name } sees { $what }{ $control ->
    [yes] , and controls it
    [offered] ; control waits for a yes in Kith’s window
   *[no] { "" }
}.
phase-wants-control = { $name } sees { $what } and asks for control.
phase-shows = { $name } shows you { $what }{ $control ->
    [yes] , and you control it
   *[no] { "" }
}.
phase-control-asked = { $name } shows you { $what }, and was asked to let you control it.
phase-over = With { $name }: { $why }.
in-room = In “{ $room }”: { $said }
extent-server = a VNC server
extent-window = one window
extent-application = one application
extent-applications = some applications
extent-desktop = the desktop
extent-up-to-desktop = a screen or a part of it
extent-part = a part of the screen ({ $size }, at { $place })
extent-part-cut = a part of the screen ({ $size }, at { $place }), less what was cut out: { $cuts }
offer-title = Show something
offer-more = { $name } sees only what you choose here. You can end it at any time.
offer-what = What
offer-level = What they may do
offer-application = Name, or choose below
offer-application-example = libreoffice
offer-window = Title or a part of it, or choose below
offer-window-example = Report.odt
offer-region = Area
offer-region-example = 800x600+0+0
offer-part = Drag over the picture of the screen, or use the arrow keys: they move the area, with Shift they change its size.
offer-desktop = The desktop
offer-desktop-more = Everything on your screen will be seen, whatever comes up on it. An application is safer.
offer-list = What there is
offer-again = Look again
offer-gone = What you chose isn’t there any more. Please choose anew.
offer-nothing = Nothing here is called so.
offer-no-windows = No window is open here that could be shown.
offer-list-asks = Somebody controlled this screen a moment ago: before windows are listed, Kith asks you in its window at the screen. You can also type a name.
offer-list-ask = List the windows …
offer-list-waits = Kith asks in its window at the screen. Nothing else waits for that.
offer-invite = Invite
offer-allow = Show this
offer-ask = Ask
offer-control-more = { $name } sees something of yours and asks for control. What you bar here they can’t do.
offer-join-more = Say what you would like to see. What is shown, { $name } decides.
see-what = What you ask for
see-level = What you would like to do
see-anything = Whatever they choose
see-application = One application
see-application-help = As the computer of { $name } calls it. Where you may see it in advance, nobody is asked.
see-server-help = The VNC viewer of this computer opens what { $name } shows from a server.
bounds-title = { $n ->
    [0] Limits
   *[other] Limits: { $n }
}
bounds-head = What they may not do
bounds-remember = Remember it for the next time
bounds-before = Remembered from before:
bounds-clipboard = Clipboard: off
bounds-clipboard-more = Kith can’t share it yet. Nobody gets what you copy, and nobody puts anything there.
bounds-more = Borders that the window manager draws, and Kith’s own windows, never take clicks.
case-more = The rules here want to know this. Both sides keep it in their logs.
case-purpose = What for
case-reference = Case number or reference
case-patient-consent = Who obtained the patient’s consent
allow-within = With limits …
hand-over = Hand it over
answer-in-window = Answer in Kith’s window
together = Several people may control this at once. You are asked about each.
one-at-a-time = Only one at a time
no-panic-key = No panic key: this machine has no screen on which Esc could be heard. Only the buttons of this program take control back.
live-no-key = Esc isn’t heard here: end it with these buttons.
kind-application = Application
kind-window = Window
kind-region = Area
kind-desktop = Desktop
kind-server = VNC server
server-title = Show a VNC server
server-more = What a VNC server shows, in their own VNC viewer. The server must run already.
server-kept = Its password is kept here for:
server-place = Where it is
server-place-help = A port of this computer, or address and port where the rules of your organisation list its network.
server-password = Its password
server-password-help = It stays with Kith on this device, and nobody is shown it. Leave it empty if the server wants none.
server-password-kept = It is kept already: leave it empty, or type a new one.
server-remember = Keep it for the next time
server-control = Whoever controls it can do there all that its user may do. Kith can’t check what that is.
level-view = Only see
level-control = See and control

## Settings
set-me = You
set-presence = What others see
set-presence-more = Hidden means: nobody on the network can find you, contacts neither.
set-audience = Who sees when you are here
audience-everybody = Every contact
audience-only = Only these
audience-nobody = Nobody
set-looks = Looks
set-scheme = Colours
set-light = Light
set-dark = Dark
set-size = Size
set-language = Language
set-no-letters = No font on this computer has all Chinese letters, so Chinese isn’t offered. Install one, such as fonts-noto-cjk.
set-node = Network and locking
config-on = On
config-off = Off
config-set = Set
config-default = Use the default
config-fixed = { $value } – said by { $from }, and not changed here
set-safety = Safety
set-lock = Lock now
set-lock-more = Locking takes your keys out of memory and ends all connections, until you open it again.
set-notices = Notices
set-notices-shown = On the desktop
set-notices-off = None
set-notices-more = They say who wrote or asks, never what. There are none while you share, while you are busy, and while this window has the keyboard.

## Notices on the desktop
notice-message = A message from { $name }
notice-room = A message in one of your rooms
notice-asks = { $name } asks to see something of yours
notice-invites = { $name } wants to show you something
notice-contact = Somebody wants to talk with you

## Keys
keys-title = Keys
key-tab = To the next thing, with Shift to the one before
key-enter = Press it; while writing: send, with Shift a new line
key-escape = Close, or leave what is being done
key-along = The next or previous conversation
key-pick = From message to message; Tab goes on to what can be done with it
key-search = Search
key-invite = Invite somebody
key-join = Answer an invite
key-nearby = Somebody nearby
key-panel = Open or close sharing
key-file = Send a file
key-room = New room
key-colours = Light or dark
key-show = Show something to the person whose conversation is open
key-see = Ask to see something of theirs
key-asking = To the answer that somebody waits for
key-pages = Go to a page
key-stop = Stop all sharing
key-lock = Lock
key-scale = Larger or smaller

## Somebody nearby
nearby-title = Somebody nearby
nearby-more = For ten minutes your name can be seen by others on this network who do the same. Choose the person you want to meet.
nearby-nobody = Nobody yet. The other person opens this in their Kith too.
code-begin = With a short spoken code
code-begun = The two devices are making a code with { $name } …
code-compare = Read this code to { $name }. Do both of you see the same?
code-waiting = Waiting until { $name } says so too.
code-done = You and { $name } know each other now, verified.
code-failed = Nothing came of it with { $name }.
arrived = { $name } is there now

## Pages
nav-rules = Rules
nav-log = Log
nav-diagnosis = Check
rules-none = You belong to no organisation
rules-none-more = Without one, everything you share asks you first. An organisation’s rules can only make that stricter.
rules-state = Now
rules-issued = Signed
rules-until = Usable until
rules-role = Your role
rules-no-role = Not listed
role-administrator = Administrator
role-organiser = Organiser
role-sharer = Sharer
role-participant = Participant
rules-members = Members
rules-says = What it says
rules-refused = { $n ->
    [one] One update of it was refused
   *[other] { $n } updates of it were refused
}.
policy-leave = Leave …
policy-leave-sure = Leave this organisation
policy-leave-more = Its rules bind you no longer. Others of it may then share nothing with you.
rules-mine = Your own rules
rules-mine-none = You have none: you are asked each time.
own-more = They only take away: from what organisations and contacts allow. Contacts are told what concerns them.
own-open = Forbid something …
own-demands = What every share demands
own-title = A rule of your own
own-new-more = From now on no more than this is possible, whatever anybody is asked. You can take it back under “Rules”.
own-whom = With whom
own-whom-one = Only this person
own-whom-but = Everybody but this person
own-part = When
own-part-sharer = I show something
own-part-viewer = I see something
own-part-both = Both
own-begins = Who begins
own-begins-either = Either
own-begins-invite = Who shows it
own-begins-request = Who wants to see it
own-view = At most can be seen
own-view-nothing = Nothing
own-view-window = One window
own-view-application = One application
own-view-desktop = Everything
own-hands = Of it can be controlled
own-hands-nothing = Nothing
own-hands-seen = All that is seen
own-applications = Only about these applications
own-applications-help = Empty: about all. Names with commas between them; “*” stands for anything.
own-go = Make the rule
rules-demand = It demands: { $what }
rules-with = With whom?
rules-with-more = Choose somebody to see what is allowed with them, and why something isn’t.
rules-with-nobody = You have no contacts yet.
rules-allowed = Allowed: { $what }{ $control ->
    [yes] , with control
   *[no] , only to see
}.
rules-denied = Not allowed.
case-i-invite = You show { $name } something
case-they-ask = { $name } asks to see something of yours
case-they-invite = { $name } shows you something
case-i-ask = You ask { $name } to show you something
demand-notify = to be told
demand-accept = to be asked
demand-trial = a trial first
demand-purpose = what for
demand-reference = a case number
demand-patient-consent = who obtained the patient’s consent
demand-no-starters = no programs that start others
demand-moderated-room = only in a moderated room
state-in-force = In force
state-grace = Old, still usable for a while
state-policy-expired = Expired
log-check = Check the log
log-check-file = Check a file …
log-sound = Sound: all { $n } entries are in their chain.
log-none = Nothing was shared or asked for yet.
check-again = Check again
page-later = This page is shown as soon as Kith runs again.
set-devices = Your devices
set-this-device = This device
set-other-device = Another device
set-devices-more = A new machine becomes a device of yours with a backup or the recovery sheet: choose that when Kith begins there.
devices-file = List of devices as a file
devices-file-more = Whoever takes that file in knows which devices were revoked, also without a network.
sheet-none = You have no recovery sheet: if you lose all devices, you have to meet everybody anew.
sheet-open = Recovery sheet …
sheet-title = A recovery sheet
sheet-more = A page to print, with words and a code. Whoever has it can take your place: revoke all your devices and make a new one yours. One that you made before counts for thirty days more.
sheet-go = Make it
sheet-done = Print it now, keep it where you keep papers that matter, and delete the file. If you came here by an older sheet, that one is worthless.
backup-open = Backup …
backup-title = A backup
backup-more = Everything but the keys of this device, encrypted under a passphrase of its own.
backup-passphrase = Passphrase of the backup
backup-passphrase-help = { $n } characters or more. Without it nobody can open the backup.
backup-go = Write it
backup-done = Keep it on another machine or a stick. It can be restored once: make a fresh one then.
keep-where = Where to
keep-where-help = A folder, or a file that isn’t there yet.
keep-downloads = Downloads
card-open = My card …
card-title = My card
card-more = Print it and hand it over, or let it be read from here. Others find these digits in the safety number that they compare with you.
card-save = Save, to print
card-safe = Nothing on it is secret.
set-kept = What Kith keeps on this device is encrypted under your passphrase.
set-kept-keyring = What Kith keeps on this device is encrypted. Your keyring keeps the key: whoever is logged in as you can open it.
set-kept-open = What Kith keeps on this device is not under a passphrase: whoever can read the disk can read everything.
device-valid = In use
device-expired = Expired
device-revoked = Revoked
device-until = certified until { $when }
revoke-open = Revoke …
revoke-title = Revoke a device
revoke-more = It loses access everywhere that hears of it, for good. Why?
revoke-lost = It is lost
revoke-stolen = It was stolen
revoke-retired = It is no longer used
revoke-go = Revoke it

## What was agreed on in advance
nav-agreed = Agreed
agreed-title = Agreed in advance
consents-title = Standing consents
consents-more = Who may see an application of yours without asking you again. Pressing the panic key, or stopping a share of theirs, holds it until you say that it counts again.
consents-none = Nobody may see anything without asking you.
standing-open-any = Give one …
standing-open-one = Say yes in advance …
standing-title = Say yes in advance
standing-more = Lets somebody whom you have verified see one application without asking you again. You see in the frame that they do, and can end it at any time. It never gives more than rules allow.
standing-whom = Whom
standing-verify = Only somebody whom you have verified can be trusted in advance. Compare the safety number with { $name } first.
standing-open = Open here now:
standing-control = Whoever controls a terminal, a file manager or a browser controls practically your account.
standing-until = Until when
standing-days = { $n ->
    [one] One day
    [366] A year
   *[other] { $n } days
}
standing-asked = If Kith asks in its window at the screen, answer there.
standing-go = Say yes
standing-given = { $name } may see { $what } without asking, until { $when }.
consent-says = { $name } may see { $what }{ $control ->
    [yes] , and control it
   *[no] { "" }
}
consent-until = Until { $when }
consent-resume = Let it count again
consent-end = Take it back
held-panic = Held since you pressed the panic key. It doesn’t count.
held-stopped = Held since you took control back or stopped a share of theirs. It doesn’t count.
held-other = Held. It doesn’t count.
inputs-title = Input devices
inputs-more = Only a hand at this screen answers Kith’s own questions and presses the panic key: mouse and keyboard count, what programs press doesn’t. For a session that is seen through x11vnc, or for an on-screen keyboard, what programs press can be enrolled. While somebody else has control, and for five minutes after, that ends control and answers nothing.
input-counts = Counts
input-enrolled = Pressed by programs: enrolled
input-never = Pressed by programs: doesn’t count
input-programs-keyboard = Keys that programs press
input-programs-pointer = Clicks that programs make
input-enrol = Enrol
input-remove = Remove
input-careful = Any program on this computer can press Kith’s questions.
input-asked = Answer in Kith’s window on your screen.
accounts-title = Passwords of VNC servers
accounts-more = What you wanted to be kept when you showed a server. They are never shown.
accounts-none = None is kept.
limits-title = Limits on control
limits-more = What you barred and wanted to be remembered. It comes back whenever you give control.
limits-none = Nothing is remembered.
limit-everybody = Everybody
limit-every-application = every application
limit-says = { $who }, with { $what }
limit-device = Only on the device { $device }…
limit-keys = not the keys { $keys }
limit-pace = at most { $n } inputs a second
limit-nothing = Nothing is barred
limit-forget = Forget it
bar-menus = no menus
bar-file-dialogs = no file dialogs
bar-right-click = no right click
bar-borders = no moving, resizing or closing
bar-shortcuts = no shortcuts
bar-keyboard = no keys at all

## What happened in a room
happened-opened = { $mine ->
    [yes] You opened the room
   *[no] { $name } opened the room
}
happened-invited = { $mine ->
    [yes] You invited { $about }
   *[no] { $name } invited { $about }
}
happened-accepted = { $mine ->
    [yes] You came in
   *[no] { $name } came in
}
happened-declined = { $mine ->
    [yes] You declined the invitation
   *[no] { $name } declined the invitation
}
happened-left = { $mine ->
    [yes] You left
   *[no] { $name } left
}
happened-role = { $mine ->
    [yes] You changed the role of { $about }
   *[no] { $name } changed the role of { $about }
}
happened-removed = { $mine ->
    [yes] You removed { $about }
   *[no] { $name } removed { $about }
}
happened-device = { $mine ->
    [yes] You ended a device
   *[no] { $name } ended a device
}
happened-kept = { $mine ->
    [yes] You: messages are kept
   *[no] { $name }: messages are kept
}
happened-kept-days = { $mine ->
    [yes] You: messages are kept for { $about } days
   *[no] { $name }: messages are kept for { $about } days
}
happened-hold = { $mine ->
    [yes] You: nothing is erased (legal hold)
   *[no] { $name }: nothing is erased (legal hold)
}
happened-hold-lifted = { $mine ->
    [yes] You: the legal hold is lifted
   *[no] { $name }: the legal hold is lifted
}
happened-forked = { $mine ->
    [yes] From here on there are two versions of what this device wrote: an old copy of its data was put back, or somebody else has one. What was written since is marked, isn’t passed on, and changes nothing here.
   *[no] From here on there are two versions of what a device of { $name } wrote: an old copy of its data was put back, or somebody else has one. What was written since is marked, isn’t passed on, and changes nothing here.
}
happened-forked-out = { $mine ->
    [yes] From here on there are two versions of what this device wrote: an old copy of its data was put back, or somebody else has one. What was written since is marked and changes nothing here. No longer in this room, as nothing else had let them in: { $about }. An admin can invite them again.
   *[no] From here on there are two versions of what a device of { $name } wrote: an old copy of its data was put back, or somebody else has one. What was written since is marked and changes nothing here. No longer in this room, as nothing else had let them in: { $about }. An admin can invite them again.
}
happened-renamed = { $mine ->
    [yes] You renamed the room to { $about }
   *[no] { $name } renamed the room to { $about }
}

## What the settings are called
config-name-port = Port
config-name-mdns = People on this network
config-name-dht = People on other networks
config-name-relay = Relaying for contacts
config-name-loopback = This machine’s own addresses
config-name-external-addresses = Addresses outside
config-name-lock-after-minutes = Locking when nothing is asked
config-name-router = The router opens a port
config-name-lock-on-suspend = Locking before sleep
config-name-language = Language of Kith’s windows at the screen
config-name-scale = Size of Kith’s windows at the screen

## What would help, where a node names a command and this program has a button
finding-hint-policy-unusable = “Rules” says more
finding-hint-hidden = “Settings” ends that
finding-hint-mdns-off = switch on “People on this network” under “Settings”, and start Kith anew
finding-hint-nat-dependent = forward a port to this machine in the router, and name it in “Addresses outside” under “Settings”
finding-hint-router-off = switch on “The router opens a port” under “Settings”, and start Kith anew
finding-hint-nobody = invite somebody, or answer an invite
finding-hint-asked = they stand at the top of your conversations
finding-hint-no-sharing-account = it can be kept when you show a VNC server
finding-hint-servers = “Show a VNC server …”, beside a conversation, shows one; its password stays with you
