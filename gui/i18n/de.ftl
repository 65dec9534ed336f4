# Deutsch.

today = Heute
yesterday = Gestern
loading = Einen Moment …
copied = Kopiert
close = Schließen
try-again = Noch einmal
start-again = Wieder starten
allow = Erlauben
deny = Ablehnen
decline = Ablehnen
join = Beitreten
leave = Verlassen
copy = Kopieren

opening = Kith startet …
first-title = Willkommen bei Kith
first-more = Sprechen Sie mit Menschen in der Nähe oder in der Ferne und zeigen Sie ihnen ein laufendes Programm. Es gibt keinen Server und kein Konto: alles bleibt auf Ihren Geräten.
first-name = Ihr Name
first-name-help = Das sehen die anderen.
first-name-example = Anna Berg
first-name-missing = Bitte geben Sie zuerst einen Namen ein.
first-passphrase = Passphrase
first-passphrase-help = Sie schützt alles, was Kith auf diesem Gerät aufbewahrt. Vier oder fünf ungewöhnliche Wörter sind stark und leicht zu merken.
first-again = Noch einmal dieselbe
first-keyring = Lieber den Schlüsselbund dieses Rechners
first-no-keyring = Lieber eine Passphrase
first-keyring-help = Der Schlüsselbund Ihrer Arbeitsumgebung verwahrt den Schlüssel. Sie brauchen keine Passphrase; wer als Sie angemeldet ist, kann Kith öffnen. Ohne diesen Schlüsselbund kann es niemand: legen Sie eine Sicherung an.
first-too-short = Die Passphrase braucht mindestens acht Zeichen.
first-differ = Die beiden Passphrasen sind verschieden.
first-go = Beginnen
first-making = Ihre Schlüssel entstehen …
first-new = Neu anfangen
first-backup = Ich habe eine Sicherung
first-sheet = Ich habe ein Notfallblatt
first-backup-more = Dieser Rechner wird ein neues Gerät von Ihnen. Stellen Sie dieselbe Sicherung nirgends noch einmal wieder her: machen Sie eine neue und löschen Sie diese.
first-sheet-more = Für den Fall, dass alle Ihre Geräte verloren oder gestohlen sind. Dieser Rechner wird Ihr einziges Gerät; alle anderen werden widerrufen.
first-paper = Ein Notfallblatt zum Ausdrucken anlegen
first-file-backup = Wo die Sicherung liegt
first-drop = Die Datei kann auf dieses Fenster gezogen werden.
first-backup-passphrase = Die der Sicherung. Von nun an schützt sie auch dieses Gerät.
first-file-sheet = Wo das Notfallblatt liegt
first-file-sheet-help = Die Datei des Blatts, oder eine, in die Sie seinen Code oder seine 24 Wörter getippt haben.
first-file-from = Eine Datei, die Sie kennt
first-file-from-help = Eine Sicherung von Ihnen, oder Ihre Unterhaltung, die ein Kontakt als Datei gesichert hat.
first-sheet-name = In einer Sicherung steht er; sonst nennen Sie ihn hier.
first-sheet-passphrase = Die der Sicherung, oder eine neue für Ihre Daten.
first-sheet-missing = Bitte sagen Sie, wo das Notfallblatt liegt.
first-file-missing = Bitte sagen Sie, wo die Datei liegt.
unlock-title = Kith ist gesperrt
unlock-more = Geben Sie Ihre Passphrase ein, um es zu öffnen.
unlock-keyring = Ihr Schlüsselbund öffnet es.
unlock-open = Es steht unter keiner Passphrase.
unlock-go = Öffnen
unlock-busy = Wird geöffnet …
unlock-wrong = Diese Passphrase passt nicht.
broken-title = Kith kann nicht starten
broken-more = Nichts von Ihnen ist verloren. Versuchen Sie es noch einmal; wenn es so bleibt, hilft oft ein Neustart dieses Rechners.

nav-talk = Gespräche
nav-shares = Zeigen
nav-settings = Optionen
search = Menschen und Nachrichten suchen
searching = Suche …
found-nothing = Keine Nachricht enthält diesen Text.
found = { $n ->
    [one] Eine Nachricht
   *[other] { $n } Nachrichten
}
invite = Jemanden einladen
new-room = Neuer Raum
nobody = Noch niemand da
nobody-more = Laden Sie jemanden ein oder beantworten Sie eine Einladung, die Sie bekommen haben.
invite-somebody = Jemanden einladen
have-invite = Ich habe eine Einladung
members = { $n ->
    [one] Nur Sie
   *[other] { $n } Personen
}
invited-here = Sie sind eingeladen
asks-you = Möchte mit Ihnen sprechen
waiting-for = Antwort steht noch aus
they-declined = Abgelehnt
let-in = Annehmen
turn-away = Ablehnen
offline = Nicht erreichbar
presence-available = Verfügbar
presence-away = Abwesend
presence-busy = Beschäftigt
presence-hidden = Verborgen
presence-sharing = Zeigt oder sieht gerade etwas
presence-none = Nicht verbunden
presence-unknown = Zurzeit nicht bekannt
presence-via = { $how }, { $via }

nothing-open = Wählen Sie ein Gespräch
nothing-open-more = Ihre Menschen und Räume stehen links.
asks-title = { $name } möchte mit Ihnen sprechen
asks-more = Ihre Einladung wurde beantwortet. Nehmen Sie nur an, wenn Sie wissen, wer das ist; eine Sicherheitsnummer können Sie später vergleichen.
waiting-title = Warten auf { $name }
waiting-more = Sobald Sie beide online sind, erfährt die andere Seite von Ihrer Antwort. Mehr ist nicht nötig.
answered-more = Ihre Antwort ist beim Gerät der anderen Seite. Sobald sie zustimmt, können Sie miteinander sprechen.
invite-refused = Die Einladung gilt nicht
refused-title = Aus der Einladung von { $name } wurde nichts
refused-used = Sie wurde schon benutzt. Bitten Sie um eine neue.
refused-revoked = Sie wurde zurückgezogen. Bitten Sie um eine neue.
refused-expired = Sie ist abgelaufen. Bitten Sie um eine neue.
refused-declined = Die andere Seite hat abgelehnt.
refused-unknown = Das andere Gerät hat Ihre Antwort nicht angenommen. Bitten Sie um eine neue Einladung.
forget-person = Aus dieser Liste entfernen
verified = Geprüft
unverified = Nicht geprüft
share = Zeigen
parted = Von Ihnen entfernt
parted-title = Sie haben { $name } entfernt
parted-more = Sie haben diese Person entfernt. Was gesagt wurde, bleibt hier, bis Sie es löschen. Um wieder zu sprechen, lädt eine Seite die andere ein.
parted-erase = Gesagtes löschen …
parted-erase-go = Hier löschen
erase-title = Gesagtes löschen?
erase-more = Was Sie und { $name } einander gesagt haben, wird auf diesem Gerät gelöscht, samt Dateien. Was { $name } hat, bleibt dort. Das lässt sich nicht rückgängig machen.
not-a-member = Sie gehören nicht mehr zu diesem Raum.
history-failed = Die Nachrichten lassen sich nicht zeigen
no-messages = Noch keine Nachrichten
no-messages-more = Sagen Sie hallo. Was Sie schreiben, wartet hier, bis die andere Seite erreichbar ist.
to-newest = Zur neuesten Nachricht
invited-question = Sie sind in diesen Raum eingeladen. Möchten Sie beitreten?
answering = Antwort auf
editing = Ändern
write = Nachricht schreiben
not-sent = Nicht gesendet: Kith läuft nicht. Was Sie geschrieben haben, bleibt hier.
new-below = Neu
react = Reagieren
answer = Antworten
edit = Ändern
edited = geändert
delete = Für alle löschen
delete-title = Diese Nachricht löschen?
delete-more = Sie verschwindet auf jedem Gerät, das sie erreicht hat. Das lässt sich nicht rückgängig machen.
delete-not = Behalten
doubtful = zweifelhaft
doubtful-why = Von dem, was dieses Gerät schrieb, gibt es zwei Fassungen: Dies kann jemand mit einer Kopie davon geschrieben haben. Es wird an niemanden weitergegeben.
erased = Diese Nachricht wurde gelöscht.
erased-by = { $who } hat diese Nachricht gelöscht.
missing = Der Text dieser Nachricht ist noch nicht angekommen.
delivery-queued = Wartet auf diesem Gerät
delivery-held = Liegt bei { $names }, noch nicht überall
delivery-delivered = Zugestellt
delivery-read = Gelesen
file-title = Datei senden
file-more = Wählen Sie eine Datei, nennen Sie ihren Ort oder ziehen Sie sie auf das Gespräch. Sie wird gesendet, wenn die anderen sie abrufen.
file-path = Wo sie liegt
file-up = Nach oben
file-none = Hier ist keine Datei.
file-send = Datei senden
file-save = In Downloads speichern
no-downloads = Es gibt keinen Ordner dafür
trouble-not-found = Das gibt es nicht.
trouble-not-allowed = Dort darf nicht gelesen oder geschrieben werden.
trouble-read-only = Dort lässt sich nichts schreiben.
trouble-exists = Dort gibt es schon etwas von diesem Namen.
trouble-too-large = Das ist zu groß.
trouble-no-name = Das ist kein Pfad. Er beginnt mit „/“ oder „~/“.
trouble-no-folder = Das ist kein Ordner.
trouble-folder = Das ist ein Ordner.
trouble-full = Der Datenträger ist voll.
node-gone = Kith läuft nicht im Hintergrund. Nichts wird gesendet oder empfangen.
node-silent = Kith antwortet nicht. Vielleicht ist es angehalten, oder dieser Rechner ist stark ausgelastet. Was Sie sehen, kann veraltet sein; was Sie tun, wartet.

invite-title = Jemanden einladen
invite-more = Geben Sie dies genau einer Person: zum Scannen, oder als Text. Es gilt einmal.
copy-invite = Text kopieren
invite-until = Gültig bis { $when }
invites-open = Andere, die noch niemand beantwortet hat
carried-title = Eine Datei von Hand
carried-more = Ohne Netz geht alles mit Dateien, etwa auf einem Stick: die Antwort auf Ihre Einladung, eine Zusage, die Nachrichten eines Raums, eine Richtlinie, jemandes Liste von Geräten. Ein Protokoll wird geprüft. Zweimal aufnehmen schadet nicht.
carried-drop = Eine Datei, deren Name auf „.kith“ endet, kann auf dieses Fenster gezogen werden.
carried-go = Aufnehmen
carried-save = Als Datei sichern
carried-saved = Gesichert als { $path }
carried-room = Nachrichten als Datei
carried-readable = Wer die Datei hat, kann sie lesen.
carried-reply = Ihre Zusage als Datei
policy-of = Eine Richtlinie von { $name }
policy-lists = Sie stehen darin: { $role }.
policy-doesnt-list = Sie stehen nicht darin: beizutreten würde nur verbieten. Nennen Sie dem Verwalter Ihre Kennung („Optionen“).
policy-compare = Sie gehören noch nicht dazu. Vergleichen Sie diese Zeile mit dem, was der Verwalter sagt; wer beitritt, ist an die Regeln gebunden.
policy-join = Beitreten
policy-joined = Sie gehören jetzt zu { $name }.
sign-of = Eine Richtlinie von { $name } zum Unterschreiben: Nummer { $n }
sign-more = Lesen Sie, was sie ändert. Wer sie unterschreibt, steht dafür ein.
sign-word = Wer sonst unterschreibt, muss dieselben Wörter sehen:
sign-signed = Unterschrieben: { $have } von { $needed }. { $names }
sign-missing = Unterschreiben können noch: { $names }
sign-go = Unterschreiben
sign-done = Sie haben unterschrieben. Geben Sie die gespeicherte Datei weiter an jemanden, der noch fehlt.
sign-publish = In Kraft setzen
sign-published = Sie gilt hier. Mitglieder, denen Sie begegnen, bekommen sie von selbst, andere mit der gespeicherten Datei.
accept-title = Einladung beantworten
accept-more = Fügen Sie den Text ein, der mit „kith:“ beginnt. Ansehen verbraucht ihn nicht.
accept-go = Beantworten
accept-look = Ansehen
accept-done = Sie und { $name } können jetzt sprechen.
accept-waits = Ihre Antwort ist unterwegs zu { $name }. Sobald sie angenommen ist, können Sie sprechen.
petname = Wie Sie diese Person nennen
petname-help = Das sehen nur Sie.
known-open = Mehr …
known-own = Der eigene Name ist { $name }.
known-rename = So nennen
known-presence = Wenn die Person kommt
known-tell = Einmal Bescheid geben
known-told = Sie bekommen Bescheid
known-routes = Wie die Person dieses Gerät erreicht
known-any = Auf jedem Weg
known-relay = Nur über Vermittler
known-routes-more = Über Vermittler erfährt die Person die Adresse dieses Geräts nicht. Was sie vorher erfahren hat, bleibt bekannt.
known-apart = Auf Abstand halten
known-hide = Nicht zeigen, wann ich da bin
known-show = Zeigen, wann ich da bin
known-bar = Nichts mit dieser Person teilen
known-barred = Eine eigene Regel sagt das jetzt; unter „Regeln“ nehmen Sie sie zurück.
known-apart-more = Schreiben kann die Person Ihnen weiterhin.
known-remove = Aus den Kontakten entfernen …
remove-title = Diesen Kontakt entfernen?
remove-more = Was Sie mit { $name } teilen, endet, dauernde Zusagen ebenso. Von dort kommt nichts mehr an, und gesagt wird es nicht: Sie gelten dort als abwesend. Was gesagt wurde, bleibt hier lesbar. Räume, in denen Sie beide sind, gehen weiter.
remove-not = Behalten
remove-go = Entfernen
safety-title = Sicherheitsnummer vergleichen
safety-more = Lesen Sie { $name } diese Zahlen vor, von Angesicht oder am Telefon. Sehen beide dasselbe, steht niemand dazwischen.
safety-equal = Sie sind gleich
safety-differs = Sie sind verschieden
safety-is = Sie haben diese Nummer verglichen.
safety-take-back = Zeichen zurücknehmen
room-title = Neuer Raum
room-name = Wie er heißt
room-name-example = Station 3
room-who = Wer dabei ist
moderated-new = Was dort geteilt werden darf
moderated-new-more = In einem moderierten Raum sagen Sie, was geteilt werden darf, allen und jedem Einzelnen, und ändern es jederzeit.
moderated-free = Was jeder mag
moderated-nothing = Nichts
moderated-view = Zeigen und sehen
moderated-control = Auch steuern
moderated-title = Ein moderierter Raum
moderated-by = { $name } sagt, was hier geteilt werden darf.
moderated-by-me = Sie haben diesen Raum eröffnet und sagen, was hier geteilt werden darf.
moderated-everybody = Alle, höchstens:
moderated-one = { $name }, höchstens:
moderated-person = { $name }: { $level }
company-with = Mitglieder
company-none = Noch ist niemand sonst in diesem Raum.
members-invited = eingeladen
members-runs = leitet den Raum
members-invite = Einladen …
members-remove = { $name } entfernen …
members-leave = Verlassen …
members-invite-title = In den Raum einladen
members-invite-more = Wer eingeladen ist, sieht von „{ $room }“ nichts, bevor er zusagt.
members-invite-go = Einladen
members-nobody = Alle Ihre Kontakte sind darin.
members-remove-title = Aus dem Raum entfernen
members-remove-more = { $name } bekommt von „{ $room }“ nichts mehr. Was bisher gesagt wurde, bleibt auf den Geräten dieser Person.
members-remove-go = Entfernen
members-leave-title = Den Raum verlassen
members-leave-more = Sie bekommen von „{ $room }“ nichts mehr und kommen nur zurück, wenn man Sie wieder einlädt.
members-leave-go = Verlassen
offer-in-room = Im Raum „{ $room }“: Es gilt auch, was dort erlaubt ist.
room-make = Raum anlegen
about = Über diese Person
person-id = Identität
compare = Sicherheitsnummer vergleichen

share-choose = Wählen Sie eine Person, um etwas zu zeigen.
share-far = { $name } ist gerade nicht erreichbar: Es lässt sich nichts zeigen oder sehen.
panel-back = Zurück zum Gespräch
share-show = Etwas zeigen
share-let-control = Zeigen und steuern lassen
share-see = Bitten, etwas zu sehen
share-see-control = Bitten, zu sehen und zu steuern
share-unknown = Was möglich ist, zeigt sich erst, wenn beide online waren.
share-server = Einen VNC-Server zeigen …
share-see-what = Um etwas Bestimmtes bitten …
share-checking = Der Weg dorthin wird gerade geprüft …
share-only-in = Nur in einem moderierten Raum: wählen Sie { $name } in { $rooms }.
share-room-nothing = In diesem Raum ist mit { $name } nichts erlaubt: das bestimmt, wer ihn geöffnet hat.
share-room-view = In diesem Raum ist Steuern mit { $name } nicht erlaubt.
path-title = Wege dorthin
path-you = Sie
path-untried = Noch nicht versucht
way-standing = verbunden
way-remembered = von früher
way-announced = mitgeteilt
ask-just-came = Das steht erst seit eben hier. Bitte lesen, dann noch einmal drücken.
choose-what = Auswählen, was
asks-lasts = Das gilt nur diesmal: bis jemand von Ihnen beiden es beendet, höchstens { $hours } Stunden.
asks-lasts-control = Das gilt, bis Sie die Steuerung zurücknehmen (Esc) oder jemand von Ihnen beiden es beendet, höchstens { $hours } Stunden.
asks-lasts-seeing = Sie sehen es, bis jemand von Ihnen beiden es beendet, höchstens { $hours } Stunden. Von Ihnen wird nichts gezeigt.
live-sees = { $count ->
    [one] { $names } sieht { $what }
   *[other] { $names } sehen { $what }
}
live-controls = { $count ->
    [one] { $names } sieht und steuert { $what }
   *[other] { $names } sehen und steuern { $what }
}
live-how = Mit Esc übernehmen Sie wieder selbst
take-control = Wieder übernehmen
stop-sharing = Zeigen beenden
stop-watching = Zusehen beenden
take-back = Zurücknehmen
ask-control = Um Steuerung bitten
give-control-back = Steuerung zurückgeben
window-front = Zum Fenster
window-full = Ganzer Bildschirm und zurück
figures = Messwerte
figures-path = Weg
figures-trip = Hin und zurück
figures-frames = Bilder je Sekunde
figures-rate = Empfangen je Sekunde
figures-bytes = Empfangen insgesamt
path-direct = direkt
path-relayed = über ein anderes Gerät
path-interrupted = unterbrochen
shares-title = Zeigen
shares-none = Es wird nichts gezeigt
shares-none-more = Öffnen Sie ein Gespräch und drücken Sie „Zeigen“, um ein Programm zu zeigen oder eines zu sehen.
shares-mine = Wer etwas von Ihnen sieht
shares-theirs = Was Sie von anderen sehen
shares-over = Vorbei
shares-ended = Beendet: Kith wurde gesperrt oder läuft nicht mehr. Es wird nichts mehr gezeigt oder gesehen.
phase-invited = Sie haben { $name } eingeladen, { $what } zu sehen.
phase-asked-for = Sie haben { $name } gebeten, Ihnen etwas zu zeigen.
phase-wants-to-see = { $name } möchte etwas von Ihnen sehen{ $control ->
    [yes] { " " }und steuern
   *[no] { "" }
}.
phase-wants-one = { $name } möchte { $what } sehen{ $control ->
    [yes] { " " }und steuern
   *[no] { "" }
}.
phase-invites-me = { $name } möchte Ihnen { $what } zeigen{ $control ->
    [yes] , mit Steuerung
   *[no] { "" }
}.
phase-settling = Vorbereitung mit { $name } …
phase-sees = { $name } sieht { $what }{ $control ->
    [yes] { " " }und steuert es
    [offered] ; das Steuern wartet auf ein Ja in Kiths Fenster
   *[no] { "" }
}.
phase-wants-control = { $name } sieht { $what } und bittet um Steuerung.
phase-shows = { $name } zeigt Ihnen { $what }{ $control ->
    [yes] , und Sie steuern es
   *[no] { "" }
}.
phase-control-asked = { $name } zeigt Ihnen { $what } und wurde gefragt, ob Sie es steuern dürfen.
phase-over = Mit { $name }: { $why }.
in-room = In „{ $room }“: { $said }
extent-server = einen VNC-Server
extent-window = ein Fenster
extent-application = ein Programm
extent-applications = einige Programme
extent-desktop = den Bildschirm
extent-up-to-desktop = einen Bildschirm oder einen Teil davon
extent-part = einen Teil des Bildschirms ({ $size }, bei { $place })
extent-part-cut = einen Teil des Bildschirms ({ $size }, bei { $place }), ohne Ausgeschnittenes: { $cuts }
offer-title = Etwas zeigen
offer-more = { $name } sieht nur, was Sie hier wählen. Sie können es jederzeit beenden.
offer-what = Was
offer-level = Was erlaubt ist
offer-application = Name, oder unten wählen
offer-application-example = libreoffice
offer-window = Titel oder ein Teil davon, oder unten wählen
offer-window-example = Bericht.odt
offer-region = Bereich
offer-region-example = 800x600+0+0
offer-part = Ziehen Sie über das Bild des Bildschirms, oder nehmen Sie die Pfeiltasten: sie verschieben den Bereich, mit Umschalt ändern sie seine Größe.
offer-desktop = Der Bildschirm
offer-desktop-more = Alles auf Ihrem Bildschirm wird zu sehen sein, was auch immer erscheint. Ein Programm ist sicherer.
offer-list = Was es gibt
offer-again = Neu nachsehen
offer-gone = Was gewählt war, gibt es nicht mehr. Bitte neu wählen.
offer-nothing = Nichts hier heißt so.
offer-no-windows = Hier ist kein Fenster offen, das man zeigen könnte.
offer-list-asks = Bis eben hat jemand diesen Rechner gesteuert: Bevor Fenster aufgelistet werden, fragt Kith Sie in seinem Fenster auf dem Bildschirm. Sie können auch einen Namen eingeben.
offer-list-ask = Fenster auflisten …
offer-list-waits = Kith fragt in seinem Fenster auf dem Bildschirm. Alles andere geht auch ohne das.
offer-invite = Einladen
offer-allow = Dies zeigen
offer-ask = Bitten
offer-control-more = { $name } sieht etwas von Ihnen und möchte steuern. Was Sie hier ausschließen, geht nicht.
offer-join-more = Sagen Sie, was Sie sehen möchten. Was gezeigt wird, bestimmt { $name }.
see-what = Worum Sie bitten
see-level = Was Sie tun möchten
see-anything = Was die Person wählt
see-application = Ein Programm
see-application-help = So, wie es auf dem Rechner von { $name } heißt. Wo es Ihnen im Voraus zugesagt ist, wird niemand gefragt.
see-server-help = Das VNC-Programm dieses Rechners öffnet, was { $name } von einem Server zeigt.
bounds-title = { $n ->
    [0] Grenzen
   *[other] Grenzen: { $n }
}
bounds-head = Was nicht geht
bounds-remember = Für das nächste Mal merken
bounds-before = Von früher gemerkt:
bounds-clipboard = Zwischenablage: aus
bounds-clipboard-more = Kith kann sie noch nicht teilen. Niemand bekommt, was Sie kopieren, und niemand legt dort etwas ab.
bounds-more = Rahmen, die die Fensterverwaltung zeichnet, und die Fenster von Kith nehmen nie Klicks an.
case-more = Die Regeln hier verlangen das. Beide Seiten halten es im Protokoll fest.
case-purpose = Wozu
case-reference = Aktenzeichen
case-patient-consent = Wer die Zustimmung des Patienten eingeholt hat
allow-within = Mit Grenzen …
hand-over = Übergeben
answer-in-window = In Kiths Fenster antworten
together = Mehrere dürfen das gleichzeitig steuern. Sie werden zu jeder Person gefragt.
one-at-a-time = Nur eine Person zugleich
no-panic-key = Keine Nottaste: dieser Rechner hat keinen Bildschirm, an dem Esc zu hören wäre. Nur die Knöpfe dieses Programms nehmen das Steuern zurück.
live-no-key = Esc ist hier nicht zu hören: beenden Sie es mit diesen Knöpfen.
kind-application = Programm
kind-window = Fenster
kind-region = Bereich
kind-desktop = Bildschirm
kind-server = VNC-Server
server-title = Einen VNC-Server zeigen
server-more = Was ein VNC-Server zeigt, im VNC-Programm der anderen Person. Der Server muss schon laufen.
server-kept = Hier ist das Passwort aufbewahrt für:
server-place = Wo er ist
server-place-help = Ein Port dieses Rechners, oder Adresse und Port, wenn die Regeln Ihrer Organisation das Netz nennen.
server-password = Sein Passwort
server-password-help = Es bleibt bei Kith auf diesem Gerät, niemand bekommt es zu sehen. Lassen Sie es leer, wenn der Server keines will.
server-password-kept = Es ist schon aufbewahrt: lassen Sie es leer, oder geben Sie ein neues ein.
server-remember = Für das nächste Mal aufbewahren
server-control = Wer ihn steuert, kann dort alles, was sein Benutzer darf. Was das ist, kann Kith nicht prüfen.
level-view = Nur sehen
level-control = Sehen und steuern

set-me = Sie
set-presence = Was andere sehen
set-presence-more = Verborgen heißt: niemand im Netz findet Sie, auch Ihre Kontakte nicht.
set-audience = Wer sieht, wann Sie da sind
audience-everybody = Alle Kontakte
audience-only = Nur diese
audience-nobody = Niemand
set-looks = Aussehen
set-scheme = Farben
set-light = Hell
set-dark = Dunkel
set-size = Größe
set-language = Sprache
set-no-letters = Keine Schrift auf diesem Rechner hat alle chinesischen Zeichen, daher gibt es Chinesisch hier nicht. Installieren Sie eine, etwa fonts-noto-cjk.
set-node = Netz und Sperre
config-on = An
config-off = Aus
config-set = Setzen
config-default = Vorgabe nehmen
config-fixed = { $value } – festgelegt durch { $from }, hier nicht zu ändern
set-safety = Sicherheit
set-lock = Jetzt sperren
set-lock-more = Sperren nimmt Ihre Schlüssel aus dem Speicher und beendet alle Verbindungen, bis Sie es wieder öffnen.
set-notices = Hinweise
set-notices-shown = Auf dem Bildschirm
set-notices-off = Keine
set-notices-more = Sie sagen, wer schreibt oder fragt, nie was. Es gibt keine, solange Sie etwas zeigen, beschäftigt sind oder in diesem Fenster arbeiten.
notice-message = Eine Nachricht von { $name }
notice-room = Eine Nachricht in einem Ihrer Räume
notice-asks = { $name } bittet, etwas von Ihnen zu sehen
notice-invites = { $name } möchte Ihnen etwas zeigen
notice-contact = Jemand möchte mit Ihnen sprechen

keys-title = Tasten
key-tab = Zum nächsten Element, mit Umschalt zurück
key-enter = Drücken; beim Schreiben: senden, mit Umschalt neue Zeile
key-escape = Schließen oder abbrechen
key-along = Nächstes oder voriges Gespräch
key-pick = Von Nachricht zu Nachricht; Tab geht weiter zu dem, was sich damit tun lässt
key-search = Suchen
key-invite = Jemanden einladen
key-join = Einladung beantworten
key-nearby = Jemand in der Nähe
key-panel = Zeigen öffnen oder schließen
key-file = Eine Datei senden
key-room = Neuer Raum
key-colours = Hell oder dunkel
key-show = Der Person des offenen Gesprächs etwas zeigen
key-see = Darum bitten, etwas von ihr zu sehen
key-asking = Zur Antwort, auf die jemand wartet
key-pages = Zu einer Seite
key-stop = Alles Zeigen beenden
key-lock = Sperren
key-scale = Größer oder kleiner

nearby-title = Jemand in der Nähe
nearby-more = Zehn Minuten lang sehen andere in diesem Netz, die dasselbe tun, Ihren Namen. Wählen Sie die Person, die Sie treffen möchten.
nearby-nobody = Noch niemand. Die andere Person öffnet dies auch in ihrem Kith.
code-begin = Mit kurzem gesprochenem Code
code-begun = Die beiden Geräte bilden einen Code mit { $name } …
code-compare = Lesen Sie { $name } diesen Code vor. Sehen beide denselben?
code-waiting = Warten, bis { $name } es auch bestätigt.
code-done = Sie und { $name } kennen sich jetzt, geprüft.
code-failed = Mit { $name } ist nichts daraus geworden.
arrived = { $name } ist jetzt da

nav-rules = Regeln
nav-log = Protokoll
nav-diagnosis = Prüfen
rules-none = Sie gehören zu keiner Organisation
rules-none-more = Ohne Organisation werden Sie vor jedem Zeigen gefragt. Deren Regeln können das nur strenger machen.
rules-state = Jetzt
rules-issued = Unterschrieben
rules-until = Brauchbar bis
rules-role = Ihre Rolle
rules-no-role = Nicht aufgeführt
role-administrator = Verwaltung
role-organiser = Leitung
role-sharer = Darf zeigen
role-participant = Teilnahme
rules-members = Mitglieder
rules-says = Was sie sagt
rules-refused = { $n ->
    [one] Eine Änderung davon wurde abgelehnt
   *[other] { $n } Änderungen davon wurden abgelehnt
}.
policy-leave = Verlassen …
policy-leave-sure = Diese Organisation verlassen
policy-leave-more = Ihre Regeln binden Sie nicht mehr. Andere daraus dürfen dann womöglich nichts mehr mit Ihnen teilen.
rules-mine = Ihre eigenen Regeln
rules-mine-none = Sie haben keine: Sie werden jedes Mal gefragt.
own-more = Sie nehmen nur weg: von dem, was Organisationen und Kontakte erlauben. Kontakte erfahren, was sie angeht.
own-open = Etwas verbieten …
own-demands = Was jedes Zeigen verlangt
own-title = Eine eigene Regel
own-new-more = Mehr als das geht von jetzt an nicht, worum auch immer jemand bittet. Unter „Regeln“ nehmen Sie es zurück.
own-whom = Mit wem
own-whom-one = Nur diese Person
own-whom-but = Alle außer dieser Person
own-part = Wobei
own-part-sharer = Ich zeige etwas
own-part-viewer = Ich sehe etwas
own-part-both = Beides
own-begins = Wer beginnt
own-begins-either = Gleich wer
own-begins-invite = Wer zeigt
own-begins-request = Wer sehen möchte
own-view = Höchstens zu sehen
own-view-nothing = Nichts
own-view-window = Ein Fenster
own-view-application = Ein Programm
own-view-desktop = Alles
own-hands = Davon zu steuern
own-hands-nothing = Nichts
own-hands-seen = Alles, was zu sehen ist
own-applications = Nur für diese Programme
own-applications-help = Leer: für alle. Namen mit Kommas dazwischen; „*“ steht für Beliebiges.
own-go = Regel machen
rules-demand = Verlangt wird: { $what }
rules-with = Mit wem?
rules-with-more = Wählen Sie jemanden, um zu sehen, was mit der Person erlaubt ist und warum etwas nicht.
rules-with-nobody = Sie haben noch keine Kontakte.
rules-allowed = Erlaubt: { $what }{ $control ->
    [yes] , mit Steuern
   *[no] , nur sehen
}.
rules-denied = Nicht erlaubt.
case-i-invite = Sie zeigen { $name } etwas
case-they-ask = { $name } bittet, etwas von Ihnen zu sehen
case-they-invite = { $name } zeigt Ihnen etwas
case-i-ask = Sie bitten { $name }, Ihnen etwas zu zeigen
demand-notify = benachrichtigt zu werden
demand-accept = gefragt zu werden
demand-trial = vorher eine Probe
demand-purpose = wozu
demand-reference = ein Aktenzeichen
demand-patient-consent = wer die Zustimmung des Patienten eingeholt hat
demand-no-starters = keine Programme, die andere starten
demand-moderated-room = nur in einem moderierten Raum
state-in-force = In Kraft
state-grace = Alt, noch eine Weile brauchbar
state-policy-expired = Abgelaufen
log-check = Protokoll prüfen
log-check-file = Eine Datei prüfen …
log-sound = In Ordnung: alle { $n } Einträge stehen in ihrer Kette.
log-none = Noch wurde nichts gezeigt oder erbeten.
check-again = Noch einmal prüfen
page-later = Diese Seite erscheint, sobald Kith wieder läuft.
set-devices = Ihre Geräte
set-this-device = Dieses Gerät
set-other-device = Ein anderes Gerät
set-devices-more = Ein neuer Rechner wird mit einer Sicherung oder dem Notfallblatt zu Ihrem Gerät: wählen Sie das, wenn Kith dort beginnt.
devices-file = Geräteliste als Datei
devices-file-more = Wer diese Datei aufnimmt, weiß auch ohne Netz, welche Geräte widerrufen sind.
sheet-none = Sie haben kein Notfallblatt: wenn Sie alle Geräte verlieren, müssen Sie alle Kontakte neu knüpfen.
sheet-open = Notfallblatt …
sheet-title = Ein Notfallblatt
sheet-more = Eine Seite zum Ausdrucken, mit Wörtern und einem Code. Wer sie hat, kann an Ihre Stelle treten: alle Ihre Geräte widerrufen und ein neues zu Ihrem machen. Ein früheres Blatt gilt noch dreißig Tage.
sheet-go = Anlegen
sheet-done = Drucken Sie es jetzt aus, bewahren Sie es bei wichtigen Papieren auf, und löschen Sie die Datei. Wenn Sie mit einem älteren Blatt hierher kamen, ist jenes wertlos.
backup-open = Sicherung …
backup-title = Eine Sicherung
backup-more = Alles außer den Schlüsseln dieses Geräts, verschlüsselt unter einer eigenen Passphrase.
backup-passphrase = Passphrase der Sicherung
backup-passphrase-help = { $n } Zeichen oder mehr. Ohne sie öffnet niemand die Sicherung.
backup-go = Schreiben
backup-done = Bewahren Sie sie auf einem anderen Rechner oder einem Stick auf. Sie lässt sich einmal wiederherstellen: machen Sie danach eine neue.
keep-where = Wohin
keep-where-help = Ein Ordner, oder eine Datei, die es noch nicht gibt.
keep-downloads = Downloads
card-open = Meine Karte …
card-title = Meine Karte
card-more = Drucken Sie sie und geben Sie sie weiter, oder lassen Sie sie hier ablesen. Andere finden diese Ziffern in der Sicherheitsnummer, die sie mit Ihnen vergleichen.
card-save = Zum Drucken sichern
card-safe = Nichts darauf ist geheim.
set-kept = Was Kith auf diesem Gerät aufbewahrt, ist mit Ihrer Passphrase verschlüsselt.
set-kept-keyring = Was Kith auf diesem Gerät aufbewahrt, ist verschlüsselt. Ihr Schlüsselbund verwahrt den Schlüssel: wer als Sie angemeldet ist, kann es öffnen.
set-kept-open = Was Kith auf diesem Gerät aufbewahrt, steht unter keiner Passphrase: wer die Platte lesen kann, kann alles lesen.
device-valid = In Gebrauch
device-expired = Abgelaufen
device-revoked = Widerrufen
device-until = bescheinigt bis { $when }
revoke-open = Widerrufen …
revoke-title = Ein Gerät widerrufen
revoke-more = Es verliert für immer den Zugang, überall, wo man davon hört. Warum?
revoke-lost = Es ist verloren
revoke-stolen = Es wurde gestohlen
revoke-retired = Es wird nicht mehr benutzt
revoke-go = Widerrufen

nav-agreed = Zusagen
agreed-title = Im Voraus zugesagt
consents-title = Dauernde Zusagen
consents-more = Wer ein Programm von Ihnen sehen darf, ohne noch einmal zu fragen. Die Nottaste, oder ein Zeigen zu beenden, setzt die Zusage aus, bis Sie sagen, dass sie wieder gilt.
consents-none = Niemand darf etwas sehen, ohne Sie zu fragen.
standing-open-any = Eine geben …
standing-open-one = Im Voraus zusagen …
standing-title = Im Voraus zusagen
standing-more = Lässt jemanden, den Sie überprüft haben, ein Programm sehen, ohne Sie noch einmal zu fragen. Der Rahmen zeigt Ihnen, dass es geschieht, und Sie können es jederzeit beenden. Es gibt nie mehr, als Regeln erlauben.
standing-whom = Wem
standing-verify = Im Voraus vertrauen kann man nur jemandem, den man überprüft hat. Vergleichen Sie zuerst die Sicherheitsnummer mit { $name }.
standing-open = Jetzt hier offen:
standing-control = Wer ein Terminal, eine Dateiverwaltung oder einen Browser steuert, steuert praktisch Ihr Benutzerkonto.
standing-until = Bis wann
standing-days = { $n ->
    [one] Ein Tag
    [366] Ein Jahr
   *[other] { $n } Tage
}
standing-asked = Wenn Kith in seinem Fenster auf dem Bildschirm fragt, antworten Sie dort.
standing-go = Zusagen
standing-given = { $name } darf { $what } sehen, ohne zu fragen, bis { $when }.
consent-says = { $name } darf { $what } sehen{ $control ->
    [yes] { " " }und steuern
   *[no] { "" }
}
consent-until = Bis { $when }
consent-resume = Wieder gelten lassen
consent-end = Zurücknehmen
held-panic = Ausgesetzt, seit Sie die Nottaste gedrückt haben. Sie gilt nicht.
held-stopped = Ausgesetzt, seit Sie das Steuern zurückgenommen oder ein Zeigen beendet haben. Sie gilt nicht.
held-other = Ausgesetzt. Sie gilt nicht.
inputs-title = Eingabegeräte
inputs-more = Nur eine Hand an diesem Bildschirm beantwortet Kiths eigene Fragen und drückt die Nottaste: Maus und Tastatur gelten, was Programme drücken, nicht. Für eine Sitzung, die man durch x11vnc sieht, oder eine Bildschirmtastatur lässt sich anmelden, was Programme drücken. Solange jemand anderes steuert, und fünf Minuten danach, beendet das nur das Steuern und beantwortet nichts.
input-counts = Gilt
input-enrolled = Von Programmen gedrückt: angemeldet
input-never = Von Programmen gedrückt: gilt nicht
input-programs-keyboard = Tasten, die Programme drücken
input-programs-pointer = Klicks von Programmen
input-enrol = Anmelden
input-remove = Abmelden
input-careful = Jedes Programm auf diesem Rechner kann Kiths Fragen beantworten.
input-asked = Antworten Sie in Kiths Fenster auf Ihrem Bildschirm.
accounts-title = Passwörter von VNC-Servern
accounts-more = Was Sie aufbewahren wollten, als Sie einen Server zeigten. Sie werden nie angezeigt.
accounts-none = Keines ist aufbewahrt.
limits-title = Grenzen beim Steuern
limits-more = Was Sie ausgeschlossen haben und behalten wollten. Es gilt wieder, sobald Sie jemanden steuern lassen.
limits-none = Nichts ist gemerkt.
limit-everybody = Alle
limit-every-application = jedem Programm
limit-says = { $who }, mit { $what }
limit-device = Nur auf dem Gerät { $device }…
limit-keys = nicht die Tasten { $keys }
limit-pace = höchstens { $n } Eingaben in der Sekunde
limit-nothing = Nichts ist ausgeschlossen
limit-forget = Vergessen
bar-menus = keine Menüs
bar-file-dialogs = keine Dateidialoge
bar-right-click = kein Rechtsklick
bar-borders = kein Verschieben, Vergrößern oder Schließen
bar-shortcuts = keine Tastenkürzel
bar-keyboard = gar keine Tasten

## What a node says in English, by its code
ended-other = aus einem Grund, der hier nicht bekannt ist
ended-declined = die Person hat abgelehnt
ended-no-answer = niemand hat rechtzeitig geantwortet
ended-cancelled = wer gefragt hat, hat es zurückgenommen
ended-taken = es wurde an einem anderen Gerät derselben Person beantwortet
ended-crossed = beide haben zugleich dasselbe gefragt; die andere Anfrage geht weiter
ended-denied = eine Richtlinie oder ein Profil erlaubt es nicht
ended-case-missing = ein Zweck, ein Aktenzeichen oder die Zustimmung des Patienten wird verlangt
ended-not-possible = die beiden Geräte können das nicht zusammen
ended-more-than-asked = es wurde mehr angeboten als gefragt
ended-policies-differ = die beiden Seiten haben verschiedene Fassungen einer Richtlinie
ended-seal-failed = die Angaben ließen sich nicht versiegeln oder öffnen
ended-session-used = die Sitzung wurde schon einmal benutzt
ended-storage = es ließ sich nichts speichern
ended-no-path = der Weg zwischen den Geräten ließ sich nicht bestätigen
ended-path-lost = die Verbindung ging verloren
ended-timeout = das andere Programm hat nicht rechtzeitig geantwortet
ended-stopped = jemand hat es beendet
ended-panic = jemand hat es sofort beendet, mit der Nottaste oder mit „kith panic“
ended-policy-changed = eine neuere Richtlinie erlaubt es nicht mehr
ended-expired = es hat so lange gedauert, wie es darf
ended-crashed = das Programm einer Seite ist dabei abgestürzt
ended-closed = Kith wurde geschlossen oder gesperrt
ended-misbehaved = das andere Programm hat die Regeln gebrochen
ended-too-many = zu viele Anfragen auf einmal
ended-source-ended = was gezeigt wurde, ist nicht mehr da
ended-launch-failed = es ließ sich nicht beginnen
ended-unwanted = die Person nimmt solche Anfragen nicht an
away-connected = das Gerät ist verbunden
away-not-seen = seit dem Start von Kith nicht gesehen
away-ended = die Verbindung endete
away-version = die beiden Kith haben keine gemeinsame Fassung
away-no-relay = nur über Vermittler, und es gibt gerade keinen
away-no-address = noch keine Adresse bekannt
away-other-device = an der letzten Adresse antwortet ein anderes Gerät
away-not-kith = an der Adresse antwortet etwas, aber kein Kith
away-refuses = die Adresse lehnt ab: Kith läuft dort nicht, oder etwas steht im Weg
away-no-answer = keine Antwort: das Gerät ist aus, oder etwas dazwischen filtert
away-no-network = von hier führt kein Netz dorthin
away-no-ipv4 = von dem Gerät sind nur IPv4-Adressen bekannt, und von hier führt kein IPv4 dorthin
away-no-ipv6 = von dem Gerät sind nur IPv6-Adressen bekannt, und von hier führt kein IPv6 dorthin
away-elsewhere = die Adressen gehören zu einem anderen lokalen Netz
away-nowhere = die Adressen gehen nicht
via-device = über ein Gerät von { $name }
via-relay = über einen Vermittler
ended-no-trial = vorher wird ein Probebild verlangt, und es kam keines an
ended-not-in-room = eine der beiden Personen gehört nicht zu dem Raum
ended-asked-again = um dasselbe wurde noch einmal gebeten; diese Anfrage geht weiter
reason-not-contacts = { $name } und Sie sind noch keine Kontakte
reason-device-barred = das Gerät gehört nicht mehr { $name }, oder seine Bescheinigung ist abgelaufen
reason-not-looked = dieses Gerät wird noch geprüft
reason-not-met = was das Gerät von { $name } kann, ist noch nicht bekannt: es muss Ihrem erst begegnen
reason-run-out = was das Gerät von { $name } kann, wurde vor zu langer Zeit gesagt: es muss Ihrem wieder begegnen
reason-offline = { $name } ist gerade nicht zu erreichen
reason-no-common-version = Ihr Kith und das von { $name } haben keine gemeinsame Fassung
reason-no-screen = hier gibt es keinen Bildschirm
reason-wayland = Wayland-Bildschirme lassen sich noch nicht zeigen
reason-display-lacks = dem X11-Bildschirm fehlt, was das Zeigen braucht
reason-no-server = hier ist kein Programm dafür installiert, das zeigt
reason-no-window = hier lässt sich kein Fenster öffnen; „Prüfen“ sagt, was fehlt
reason-no-viewer = hier ist kein Programm dafür installiert, das zusieht
reason-not-supported = Kith kann das nicht
reason-no-address = keine Adresse des anderen Geräts ist bekannt
reason-forbidden = die bekannten Adressen dürfen von hier nicht versucht werden
reason-no-network = dieses Gerät hat kein Netz, das dorthin führt
reason-not-running = die Adresse lehnt ab: Kith läuft dort nicht, oder ein Router oder eine Firewall steht im Weg
reason-elsewhere = an den bekannten Adressen ist jetzt jemand anderes
reason-blocked = nichts kommt durch: eine Firewall oder ein Router steht im Weg, oder das Gerät ist aus
reason-policy-expired = die Richtlinie ist abgelaufen
reason-policy-forked = von der Richtlinie gibt es zwei Fassungen, die sich widersprechen
reason-policy-needs-update = die Richtlinie braucht ein neueres Kith
reason-policy-broken = die Richtlinie ist beschädigt
reason-outsider = jemand von Ihnen gehört nicht zur Organisation
reason-role = Ihre Rolle in der Organisation erlaubt es nicht
reason-rule = eine Regel der Organisation erlaubt es nicht
reason-policy-demands = die Richtlinie verlangt dafür mehr
reason-outside-meetings = nur in einem moderierten Raum, und keiner mit { $name } lässt es zu
reason-meeting = der Veranstalter hat es für dieses Treffen abgestellt
reason-profile-rule = eine Regel Ihres Profils erlaubt es nicht
reason-profile-demands = Ihr Profil verlangt dafür mehr
reason-terms = die andere Person erlaubt es Ihnen nicht
reason-terms-over = was die andere Person Ihnen erlaubt hat, ist vorbei, bis Sie sich wieder begegnen
reason-no-trial = vorher wird ein Probebild verlangt, und zwischen den beiden Geräten kam keines an
reason-sharer-cannot = das Gerät, das zeigen soll, kann auf diese Weise nichts zeigen
reason-viewer-cannot = das Gerät, das zusehen soll, hat kein Programm dafür
reason-no-common-right = die beiden Geräte haben kein Recht gemeinsam
reason-no-common-codec = die beiden Geräte haben kein Bildverfahren gemeinsam
reason-no-common-kem = die beiden Geräte haben keine Art der Versiegelung gemeinsam
reason-policy-full = von der Richtlinie lassen sich keine weiteren Fassungen aufnehmen
reason-nothing-asked = es wurde nach nichts gefragt
reason-mismatch = eine Angabe gehört zu etwas anderem
reason-policy-not-understood = einen Teil der Richtlinie versteht nur ein neueres Kith
reason-member-not-understood = einen Eintrag eines Mitglieds in der Richtlinie versteht nur ein neueres Kith
reason-host-not-listed = die Richtlinie nennt diesen Server nicht
reason-rule-not-understood = eine Regel der Organisation, die nur ein neueres Kith ganz versteht, erlaubt es nicht
reason-meeting-not-set = für dieses Treffen ist noch nicht gesagt, was erlaubt ist
reason-meeting-contested = für dieses Treffen gibt es zwei Angaben, die sich widersprechen
reason-meeting-person = der Veranstalter hat es für einen von Ihnen abgestellt
reason-profile-rule-not-understood = eine Regel Ihres Profils, die nur ein neueres Kith ganz versteht, erlaubt es nicht
hint-not-contacts = wer auf Antwort wartet, steht in der Liste Ihrer Kontakte
hint-no-common-version = installieren Sie auf beiden Seiten das neueste Kith
hint-outside-meetings = wer Treffen eröffnen darf, macht einen moderierten Raum auf
hint-meeting = im moderierten Raum steht, was dort erlaubt ist und wer das sagt
hint-meeting-not-set = { hint-meeting }
hint-meeting-contested = { hint-meeting }
hint-meeting-person = { hint-meeting }
hint-policy = „Regeln“ zeigt, woraus das folgt
hint-path = ein Kontakt, dessen Gerät von außen erreichbar ist, könnte vermitteln; „Prüfen“ sagt, was hier im Weg steht
verdict-direct = die beiden Geräte erreichen sich direkt
verdict-direct-no-udp = die beiden Geräte erreichen sich, aber UDP ist gesperrt: Filme können ruckeln
verdict-relayed = nur über das Gerät eines Kontakts
verdict-no-address = keine Adresse des anderen Geräts ist bekannt
verdict-forbidden = die bekannten Adressen dürfen von hier nicht versucht werden
verdict-no-network = dieses Gerät hat kein Netz, das dorthin führt
verdict-not-running = die Adresse lehnt ab: Kith läuft dort nicht, oder ein Router oder eine Firewall steht im Weg
verdict-elsewhere = an den bekannten Adressen ist jetzt jemand anderes
verdict-blocked = nichts kommt durch: eine Firewall oder ein Router steht im Weg, oder das Gerät ist aus
outcome-refused = die Adresse lehnt ab
outcome-filtered = dort antwortet nichts
outcome-unreachable = aus diesem Netz führt kein Weg dorthin
outcome-wrong-device = dort antwortet ein anderes Gerät
outcome-not-kith = dort antwortet etwas anderes als Kith
outcome-relay-refused = das Gerät dazwischen vermittelt nicht
outcome-denied = eine solche Adresse wird nie versucht
outcome-crowded = hier sind zu viele Verbindungen offen
outcome-no-such-name = der Name führt nirgends hin
outcome-ourselves = das ist dieses Gerät selbst
outcome-silent = die Verbindung kam zustande, aber nichts kam zurück
outcome-works = dieser Weg geht
setting-port = UDP- und TCP-Port, auf dem gehorcht wird; 0: das System wählt. Gilt ab dem nächsten Start.
setting-mdns = Menschen im lokalen Netz finden. Gilt ab dem nächsten Start.
setting-dht = Menschen über Netze hinweg finden. Gilt ab dem nächsten Start.
setting-relay = Für Kontakte vermitteln, solange dieses Gerät von außen zu erreichen ist. Gilt ab dem nächsten Start.
setting-loopback = Die eigenen Adressen dieses Rechners als Netz zählen, zum Ausprobieren.
setting-external-addresses = Adressen draußen, die zu diesem Gerät führen, mit Kommas dazwischen. Gilt ab dem nächsten Start.
setting-lock-after-minutes = Das Profil nach so vielen Minuten ohne Anfrage sperren, oder Sekunden: „90s“; 0: nie.
setting-router = Den Router bitten, diesem Gerät einen Port zu öffnen (UPnP). Gilt ab dem nächsten Start.
setting-lock-on-suspend = Das Profil sperren, wenn es eine Passphrase hat, bevor dieser Rechner schläft; was gezeigt wird, endet dann.
setting-language = Die Sprache der eigenen Fenster von Kith auf dem Bildschirm, in denen Sie gefragt werden und der Rahmen sagt, wer Sie sieht: en, de, zh-CN; system: was das System sagt.
setting-scale = Wie groß diese Fenster sind, in Prozent, neben der Größe, die der Bildschirm selbst hat.
finding-store-sound = Die gespeicherten Daten sind heil.
finding-forked = Es gibt zwei Fassungen dessen, was dieses Gerät schrieb: in diesen Räumen kann es nichts mehr schreiben.
finding-other-device-forked = Es gibt zwei Fassungen dessen, was ein anderes Ihrer Geräte in diesen Räumen schrieb.
finding-hidden = Sie sind verborgen: niemand Neues findet Sie.
finding-no-network = Dieser Rechner ist in keinem Netz.
finding-loopback-only = Dieser Knoten spricht nur mit diesem Rechner, wie es ihm gesagt wurde: von anderswo findet ihn niemand.
finding-mdns-off = Im lokalen Netz wird niemand gesucht.
finding-lan = Im lokalen Netz finden sich Kontakte von selbst.
finding-no-letters = Kiths eigene Fenster auf diesem Bildschirm sind auf Englisch: hier hat keine Schrift alle chinesischen Zeichen, die sie brauchen.
finding-public = Dieses Gerät ist von außen erreichbar.
finding-relayed = Dieses Gerät wird von außen über das Gerät eines Kontakts erreicht.
finding-policy-unusable = Eine Richtlinie ist nicht brauchbar: Neues wird deshalb nicht gezeigt.
finding-unreachable-outside = Dieses Gerät ist von außerhalb des lokalen Netzes nicht erreichbar.
finding-outside-unknown = Ob dieses Gerät von außen erreichbar ist, ist noch nicht bekannt.
finding-nat-dependent = Der Router gibt jeder Verbindung einen anderen Port: direkt geht es nicht zu anderen hinter Routern, über Vermittler schon.
finding-nobody = Sie haben noch keine Kontakte.
finding-can-share = Sie können Fenster und den Bildschirm dieses Rechners zeigen und andere steuern lassen.
finding-can-share-view = Sie können Fenster und den Bildschirm dieses Rechners zeigen, aber niemand kann sie steuern.
finding-can-join = Sie können sehen, was andere zeigen, und es steuern, wo sie das erlauben.
finding-can-not-join = Was andere zeigen, lässt sich hier nicht sehen.
finding-can-not-share = Der Bildschirm dieses Rechners lässt sich nicht zeigen.
finding-session = Dieser Rechner und wie er benutzt wird sind bekannt.
finding-servers = Hier sind Programme, die diesen Rechner anderen zeigen können. Kith zeigt die von VNC.
finding-no-screen-for-vnc = Ein VNC-Server, den andere Ihnen zeigen, öffnet sich hier nicht: es gibt keinen Bildschirm.
finding-store-damaged = Die gespeicherten Daten sind beschädigt.
finding-disk-low = Wo Ihre Daten liegen, ist der Datenträger fast voll oder voll.
finding-renew = Dieses Gerät kann nur noch für eine Weile zeigen, dann muss es erneuert werden.
finding-asked = Jemand wartet auf Ihre Antwort.
finding-all-away = Keiner Ihrer Kontakte ist da.
finding-people = Kontakte von Ihnen sind da.
finding-relay-only = Manche Kontakte erfahren keine Adresse dieses Geräts und werden nur über Vermittler erreicht.
finding-relay-only-unreachable = Manche Kontakte sollen nur über Vermittler kommen, und es gibt gerade keinen.
finding-kept-apart = Mit manchen Kontakten sind Sie im selben Netz, aber es hält die Geräte auseinander: Sie sprechen über Vermittler.
finding-kept-apart-perhaps = Mit manchen Kontakten sind Sie wohl im selben Netz, das die Geräte vielleicht auseinanderhält.
finding-no-sharing-account = Kein Konto für Sitzungen auf Servern ist verwahrt: Sie werden nach dem Passwort des Servers gefragt.
finding-sharing-account = Ein Konto für Sitzungen auf Servern ist verwahrt: unter „Zusagen“ steht, für welche Server.
finding-router-opened = Der Router hat für dieses Gerät einen Port geöffnet.
finding-router-off = Der Router wird nicht gebeten, einen Port zu öffnen.
finding-router-silent = Kein Router antwortet, der für dieses Gerät einen Port öffnen könnte.
finding-router-refuses = Der Router weigert sich, für dieses Gerät einen Port zu öffnen.
finding-router-behind-another = Der Router hat keine öffentliche Adresse: ein Port, den er öffnet, würde nicht erreicht.
finding-no-window-for-vnc = Ein VNC-Server, den andere Ihnen zeigen, öffnet sich hier nicht: kein X11-Bildschirm lässt sein Programm ein.
finding-viewer-vnc = Ein VNC-Server, den andere Ihnen zeigen, öffnet sich hier.
finding-no-viewer-vnc = Ein VNC-Server, den andere Ihnen zeigen, öffnet sich hier nicht: kein Programm dafür ist installiert.
finding-viewer-rdp = RDP-Sitzungen öffnet Kith noch nicht.
finding-no-viewer-rdp = RDP-Sitzungen öffnet Kith noch nicht.
finding-viewer-ica = Citrix-Sitzungen öffnet Kith noch nicht.
finding-no-viewer-ica = Citrix-Sitzungen öffnet Kith noch nicht.
finding-hint-policy-unusable = unter „Regeln“ steht mehr dazu
finding-hint-hidden = Unter „Optionen“ können Sie das beenden
finding-hint-no-network = stecken Sie ein Kabel ein oder wählen Sie ein WLAN; Kith braucht kein Internet
finding-hint-loopback-only = starten Sie ihn ohne „--loopback=only“
finding-hint-mdns-off = schalten Sie „Menschen in diesem Netz“ unter „Optionen“ ein und starten Sie Kith neu
finding-hint-no-letters = installieren Sie eine, etwa fonts-noto-cjk oder fonts-wqy-microhei
finding-hint-unreachable-outside = ein Kontakt, dessen Gerät von außen erreichbar ist (ein Server, oder ein Router mit weitergeleitetem Port), genügt für alle
finding-hint-outside-unknown = es wird bekannt, sobald Kontakte von anderswo verbunden sind
finding-hint-nat-dependent = leiten Sie im Router einen Port an diesen Rechner weiter, und nennen Sie die Adresse unter „Optionen“ bei „Adressen draußen“
finding-hint-nobody = laden Sie jemanden ein, oder beantworten Sie eine Einladung
finding-hint-no-sharing-account = es lässt sich verwahren, wenn Sie einen VNC-Server zeigen
finding-hint-sharing-account = was der Benutzer dieses Desktops darf (Sitzungen anderer beenden, neu starten, installieren), lässt sich von hier nicht prüfen: nehmen Sie einen, der es nicht darf
finding-hint-router-off = schalten Sie „Der Router öffnet einen Port“ unter „Optionen“ ein und starten Sie Kith neu
finding-hint-router-silent = in den Einstellungen des Routers lässt sich UPnP oft einschalten
finding-hint-router-refuses = erlauben Sie diesem Gerät in den Einstellungen des Routers, Ports durch UPnP zu öffnen
finding-hint-router-behind-another = ein anderer Router, oder der des Anbieters, steht davor: nur der könnte einen Port öffnen
finding-hint-no-viewer-vnc = installieren Sie bei Bedarf TigerVNC (Debian: tigervnc-viewer)
finding-hint-store-damaged = kopieren Sie den Ordner des Profils, und stellen Sie dann eine Sicherung wieder her
finding-hint-disk-low = machen Sie Platz auf dem Datenträger mit dem Ordner des Profils
finding-hint-renew = wenn keine Ihrer Sicherungen anderswo wiederhergestellt wurde: „kith id --renew“, dann eine neue Sicherung
finding-hint-asked = in der Liste Ihrer Gespräche stehen sie oben
finding-hint-all-away = sitzen sie neben Ihnen, hält vielleicht das WLAN die Geräte auseinander: versuchen Sie ein Kabel
finding-hint-kept-apart = nehmen Sie ein Kabel oder ein WLAN, das nicht für Gäste ist, oder schalten Sie im Router die Trennung der Geräte ab
finding-hint-kept-apart-perhaps = { finding-hint-kept-apart }
finding-hint-no-window-for-vnc = unter Wayland installieren Sie Xwayland; sonst sehen Sie nach, ob DISPLAY und XAUTHORITY stimmen
finding-hint-no-screen-for-vnc = starten Sie Kith in einer Desktop-Sitzung
finding-hint-can-not-join = { finding-hint-no-screen-for-vnc }
finding-hint-can-not-share = starten Sie Kith in einer X11-Sitzung; Wayland lässt sich noch nicht zeigen
finding-hint-servers = „Einen VNC-Server zeigen …“ neben einem Gespräch zeigt einen; sein Passwort bleibt bei Ihnen
error-said = { $what } Auf Englisch: „{ $detail }“
error-internal = Das ist ein Fehler in Kith selbst.
error-usage = So wird das Programm nicht aufgerufen.
error-bad-request = So geht das nicht: es ist zu lang, falsch geschrieben oder von anderer Art.
error-not-found = Was genannt wurde, gibt es hier nicht.
error-ambiguous = Was genannt wurde, passt auf mehrere.
error-invalid = Das ist nicht, was es sein soll, oder es ist beschädigt.
error-expired = Das ist abgelaufen, widerrufen oder schon benutzt.
error-denied = Das ist nicht erlaubt: eine Richtlinie, der Raum, eine Person oder ein Programm steht dagegen.
error-locked = Kith ist gesperrt.
error-wrong-passphrase = Die Passphrase passt nicht.
error-unreachable = Die andere Seite oder das Netz ist gerade nicht zu erreichen.
error-too-much = Eine Grenze von Größe oder Anzahl ist erreicht.
error-storage = Der Datenträger ist voll oder lässt sich nicht lesen oder schreiben.
error-version = Das ist für eine andere Fassung von Kith.
error-not-running = Kith läuft nicht im Hintergrund.
imported = Aufgenommen: { $what } – neu: { $new }, schon bekannt: { $known }.
imported-answer = die Antwort auf eine Einladung
imported-reply = die Antwort auf Ihre Zusage
imported-policy = eine Richtlinie
imported-identity = Listen von Geräten
imported-room-entries = Nachrichten eines Raums
imported-unknown = etwas, das nur ein neueres Kith kennt
imported-audit = Das Protokoll ist heil: { $n } Einträge sind in ihrer Kette. Davon wird nichts aufgenommen.
audit-native = Kith
audit-screen = der ganze Bildschirm
audit-up-to-screen = bis zum ganzen Bildschirm
audit-part = ein Teil des Bildschirms, { $size }
audit-server = die ganze Sitzung eines Servers
audit-window = ein Fenster von { $apps }
audit-application = das Programm { $apps }
audit-see = nur sehen: { $thing } ({ $technology })
audit-control = sehen und steuern: { $thing } ({ $technology })
audit-with-sharer = was Sie { $name } zeigen ({ $technology })
audit-with-viewer = was { $name } Ihnen zeigt ({ $technology })
audit-by-you = Ihnen
audit-by-organiser = der Person, die den Raum moderiert
audit-by-policy = einer Richtlinie oder Regel
audit-by-program = einem Programm
audit-rules-own = Die Regeln Ihrer Seite
audit-rules-policies = { $n ->
    [one] Eine Richtlinie und die Regeln Ihrer Seite
   *[other] { $n } Richtlinien und die Regeln Ihrer Seite
}
audit-invite-sharer = Sie haben { $name } eingeladen – { $what }.
audit-invite-viewer = { $name } hat Sie eingeladen – { $what }.
audit-request-sharer = { $name } hat Sie gebeten – { $what }.
audit-request-viewer = Sie haben { $name } gebeten – { $what }.
audit-more-sharer = { $name } hat Sie um mehr gebeten – { $what }.
audit-more-viewer = Sie haben { $name } um mehr gebeten – { $what }.
audit-allowed = { $rules } erlauben, { $with } – { $what }.
audit-allowed-again = { $rules } erlauben, noch einmal gefragt, bevor es gilt, { $with } – { $what }.
audit-denied = { $rules } verbieten, { $with }, beim Schritt „{ $step }“: { $why }.
audit-denied-again = { $rules } verbieten, noch einmal gefragt, bevor es gilt, { $with }, beim Schritt „{ $step }“: { $why }.
audit-refused-control = Abgelehnt von { $by }: zu steuern, { $with }; { $why }.
audit-refused = Abgelehnt von { $by }: { $with }; { $why }.
audit-granted = Zugestimmt auf Ihrer Seite: { $with } – { $what }.
audit-granted-standing = Ihre dauernde Zusage gilt: { $with } – { $what }.
audit-started = Bilder gehen hinüber: { $with }.
audit-escalated = Erweitert von { $by }: { $with } – { $what }.
audit-reduced = Verringert von { $by }: { $with } – { $what }; { $why }.
audit-ended = Beendet von { $by }: { $with }; { $why }.
audit-control-given = Die Steuerung gilt ab hier: { $with }.
audit-left-out = Zu viele Anfragen von { $by } führten zu nichts; sie werden nicht einzeln aufgeschrieben: bis hierher { $count }.
audit-at-screen-pressed = Kiths Fenster am Bildschirm fragte nach „{ $command }“: Sie drückten Ja.
audit-at-screen-declined = Kiths Fenster am Bildschirm fragte nach „{ $command }“: Sie drückten Nein.
audit-at-screen-no-answer = Kiths Fenster am Bildschirm fragte nach „{ $command }“: niemand antwortete rechtzeitig, und nichts geschah.
audit-at-screen-taken-back = Kiths Fenster am Bildschirm fragte nach „{ $command }“: vor einer Antwort zurückgenommen.
audit-at-screen-pretended = Kiths Fenster am Bildschirm fragte nach „{ $command }“: ein Programm drückte an Ihrer Stelle, und nichts geschah.
audit-at-screen-window-closed = Kiths Fenster am Bildschirm fragte nach „{ $command }“: ein Programm schloss das Fenster, und nichts geschah.
audit-at-screen-not-shown = Kiths Fenster am Bildschirm fragte nach „{ $command }“: das Fenster konnte nicht gezeigt werden.
audit-policy-in-force = Von hier an gilt eine andere Richtlinie.
audit-clock-corrected = Die Richtlinie gilt wieder: Sie sagten, dass die Uhr falsch ging.
audit-consent-given = Eine dauernde Zusage wurde gegeben.
audit-consent-ended = Eine dauernde Zusage wurde zurückgenommen.
audit-consent-held = Eine dauernde Zusage gilt nicht, bis Sie es sagen: { $why }.
audit-consent-resumed = Eine dauernde Zusage gilt wieder.
audit-account-kept = Was den Server öffnet, wird von hier an behalten: { $server }.
audit-account-removed = Was den Server öffnet, ist vergessen: { $server }.
audit-input-keyboard = die Tastatur
audit-input-pointer = der Zeiger
audit-input-enrolled = Was Programme drücken, gilt von hier an als Ihres: { $input }.
audit-input-removed = Was Programme drücken, gilt nicht mehr: { $input }.

## Was in einem Raum geschah
happened-opened = { $mine ->
    [yes] Sie haben den Raum eröffnet
   *[no] { $name } hat den Raum eröffnet
}
happened-invited = { $mine ->
    [yes] Sie haben { $about } eingeladen
   *[no] { $name } hat { $about } eingeladen
}
happened-accepted = { $mine ->
    [yes] Sie sind beigetreten
   *[no] { $name } ist beigetreten
}
happened-declined = { $mine ->
    [yes] Sie haben die Einladung abgelehnt
   *[no] { $name } hat die Einladung abgelehnt
}
happened-left = { $mine ->
    [yes] Sie sind gegangen
   *[no] { $name } ist gegangen
}
happened-role = { $mine ->
    [yes] Sie haben die Rolle von { $about } geändert
   *[no] { $name } hat die Rolle von { $about } geändert
}
happened-removed = { $mine ->
    [yes] Sie haben { $about } entfernt
   *[no] { $name } hat { $about } entfernt
}
happened-device = { $mine ->
    [yes] Sie haben ein Gerät ausgeschlossen
   *[no] { $name } hat ein Gerät ausgeschlossen
}
happened-kept = { $mine ->
    [yes] Sie: Nachrichten werden behalten
   *[no] { $name }: Nachrichten werden behalten
}
happened-kept-days = { $mine ->
    [yes] Sie: Nachrichten werden { $about } Tage behalten
   *[no] { $name }: Nachrichten werden { $about } Tage behalten
}
happened-hold = { $mine ->
    [yes] Sie: nichts wird gelöscht (Aufbewahrungspflicht)
   *[no] { $name }: nichts wird gelöscht (Aufbewahrungspflicht)
}
happened-hold-lifted = { $mine ->
    [yes] Sie: die Aufbewahrungspflicht ist aufgehoben
   *[no] { $name }: die Aufbewahrungspflicht ist aufgehoben
}
happened-forked = { $mine ->
    [yes] Von hier an gibt es zwei Fassungen dessen, was dieses Gerät schrieb: eine alte Kopie seiner Daten wurde zurückgelegt, oder jemand anderes hat eine. Was seither geschrieben wurde, ist gekennzeichnet, wird nicht weitergegeben und ändert hier nichts.
   *[no] Von hier an gibt es zwei Fassungen dessen, was ein Gerät von { $name } schrieb: eine alte Kopie seiner Daten wurde zurückgelegt, oder jemand anderes hat eine. Was seither geschrieben wurde, ist gekennzeichnet, wird nicht weitergegeben und ändert hier nichts.
}
happened-forked-out = { $mine ->
    [yes] Von hier an gibt es zwei Fassungen dessen, was dieses Gerät schrieb: eine alte Kopie seiner Daten wurde zurückgelegt, oder jemand anderes hat eine. Was seither geschrieben wurde, ist gekennzeichnet und ändert hier nichts. Nicht mehr in diesem Raum, weil sonst nichts sie einließ: { $about }. Ein Verwalter kann sie wieder einladen.
   *[no] Von hier an gibt es zwei Fassungen dessen, was ein Gerät von { $name } schrieb: eine alte Kopie seiner Daten wurde zurückgelegt, oder jemand anderes hat eine. Was seither geschrieben wurde, ist gekennzeichnet und ändert hier nichts. Nicht mehr in diesem Raum, weil sonst nichts sie einließ: { $about }. Ein Verwalter kann sie wieder einladen.
}
happened-renamed = { $mine ->
    [yes] Sie haben den Raum umbenannt in { $about }
   *[no] { $name } hat den Raum umbenannt in { $about }
}

## Wie die Einstellungen heißen
config-name-port = Port
config-name-mdns = Menschen in diesem Netz
config-name-dht = Menschen in anderen Netzen
config-name-relay = Für Kontakte vermitteln
config-name-loopback = Eigene Adressen dieses Rechners
config-name-external-addresses = Adressen draußen
config-name-lock-after-minutes = Sperren, wenn nichts gefragt wird
config-name-router = Der Router öffnet einen Port
config-name-lock-on-suspend = Sperren vor dem Schlafen
config-name-language = Sprache von Kiths Fenstern am Bildschirm
config-name-scale = Größe von Kiths Fenstern am Bildschirm

## Was an einem Namen verdächtig ist
warning-mixed-scripts = Der Name mischt Alphabete, die gleich aussehen.
warning-unusual-characters = Der Name hat Buchstaben, die keine Sprache für Namen gebraucht.
warning-symbols = Der Name hat Zeichen, die für eine Kennzeichnung von Kith gelten könnten.
warning-system-like = Der Name klingt nach einem Programm oder einer Behörde.
warning-look-alike = Der Name sieht aus wie { $about }; das ist jemand anderes.
warning-forked = Es gibt zwei verschiedene Listen der Geräte dieser Person: jemand hat vielleicht ihren Schlüssel, oder eine Sicherung wurde zweimal wiederhergestellt. Fragen Sie persönlich nach; das Notfallblatt entscheidet es.
warning-forked-log = Von dem, was ein Gerät dieser Person ({ $about }) in Räumen schrieb, gibt es zwei Fassungen: eine alte Kopie seiner Daten wurde zurückgelegt, oder jemand anderes hat eine. Fragen Sie persönlich nach; was in den Räumen gekennzeichnet ist, ist vielleicht nicht von ihr.
warning-invite-time = Die Einladung gilt jetzt nicht: abgelaufen, oder die Uhr geht falsch.
warning-invite-own = Das ist eine Einladung von Ihnen selbst.
warning-title-id = Der Titel ist eine Kennung von etwas.
warning-title-unseen = Der Titel hat Zeichen, die man nicht sieht.
warning-title-mixed = Der Titel mischt Alphabete, die gleich aussehen.
warning-title-alike = Der Titel sieht aus wie { $about }.

## Was Richtlinien und Regeln sagen
says-admins = { $n } von { $of } der Verwaltung müssen eine Änderung unterschreiben.
says-age = Nach { $days } Tagen ist sie alt, und noch { $grace } Tage danach zu gebrauchen.
says-recovery = { $n } von { $of } Notschlüsseln können die Verwaltung ersetzen.
says-no-recovery = Notschlüssel gibt es nicht: sind die Schlüssel der Verwaltung verloren, muss eine neue Organisation gegründet werden.
says-demands = Jedes Zeigen verlangt: { $demands }.
says-role = Wer die Rolle „{ $role }“ hat, darf nur: { $powers }.
says-outsiders = Mit Menschen außerhalb der Organisation: { says-cap }.
says-no-rules = Keine Regeln: jede Rolle darf, was sie sonst auch darf.
says-hosts = Server in so vielen Netzen sind erlaubt: { $n }.
says-newer = Ein Teil braucht ein neueres Kith: bis dahin erlaubt er hier nichts.
says-rule = Regel { $number } für { $subject }{ $parts ->
    [none] { "" }
   *[other] , soweit { $parts }
}{ $towards ->
    [none] { "" }
   *[other] , mit auf der anderen Seite: { $towards }
}{ $technologies ->
    [none] { "" }
   *[other] , über { $technologies }
}{ $directions ->
    [none] { "" }
   *[other] , wenn { $directions }
}{ $applications ->
    [none] { "" }
   *[other] , bei den Programmen { $applications }
}: { says-cap }.{ $newer ->
    [none] { "" }
   *[other] { " " }(Für ein neueres Kith geschrieben: hier erlaubt sie nichts.)
}
says-cap = { $cap ->
    [off] nichts ist möglich
    [all] alles ist möglich
   *[some] höchstens { $view } sehen, { $control } steuern{ $without ->
        [none] { "" }
       *[other] , ohne { $without }
    }
}{ $demands ->
    [none] { "" }
   *[other] ; verlangt: { $demands }
}
says-party-everybody = alle
says-party-group = die Gruppe { $name }
says-party-meeting = das Treffen { $name }
says-party-me = Sie
says-party-person = { $name }
says-party-role = alle mit der Rolle „{ $name }“
says-party-outsiders = Menschen außerhalb der Organisation
says-party-not-group = alle außerhalb der Gruppe { $name }
says-party-not-me = alle außer Ihnen
says-party-not-person = alle außer { $name }
says-parts-sharer = gezeigt wird
says-parts-viewer = zugesehen wird
says-parts-organiser = ein Raum geleitet wird
says-directions-invite = einlädt, wer zeigt
says-directions-request = fragt, wer sehen möchte
says-technologies-native = Kith
says-scope-nothing = nichts
says-scope-window = { extent-window }
says-scope-application = { extent-application }
says-scope-applications = { extent-applications }
says-scope-desktop = { extent-desktop }
says-without-view = das Bild
says-without-pointer = den Zeiger
says-without-keyboard = die Tastatur
says-without-clipboard-to-viewer = Kopieren auf die andere Seite
says-without-clipboard-from-viewer = Einfügen von der anderen Seite
says-without-audio = Ton
says-without-recording = Aufzeichnen
says-without-pointing = Hinweisen
says-powers-view = zusehen
says-powers-share = zeigen
says-powers-grant-control = steuern lassen
says-powers-receive-control = selbst steuern
says-powers-change-control = das Steuern weitergeben
says-powers-open-meeting = Treffen eröffnen
says-powers-open-room = Räume für alle öffnen
says-unusable = Nichts Neues wird gezeigt: { $why }.
says-clock-was-wrong = Die Uhr dieses Geräts stand einmal auf einer Zeit, in der die Richtlinie vorbei war. Ging sie damals falsch und geht jetzt richtig, sagen Sie das hier.
says-forked = Zwei Fassungen mit der Nummer { $n } wurden unterschrieben; beide sind als Beleg verwahrt.
says-old = Die Richtlinie ist älter als { $n } Tage: bitten Sie die Verwaltung, sie zu erneuern.
says-old-soon = In { $n } Tagen ist sie alt: die Verwaltung sollte sie erneuern.
says-ends = Die Richtlinie endet in { $n } Tagen; dann wird nichts Neues gezeigt.
says-ends-urgent = DRINGEND: die Richtlinie endet in { $n } Tagen; dann wird nichts Neues gezeigt.
says-clock-behind = Die Uhr dieses Rechners geht falsch, oder ging: { $n } { $unit } hinter dem, was unterschrieben oder gesehen wurde. Stellen Sie sie.
says-unit-minutes = Minuten
says-unit-hours = Stunden
says-unit-days = Tage
says-not-listed = Sie stehen nicht darin: für diese Organisation gelten Sie als außenstehend.
says-newer-elsewhere = { $name } sagt, dass es schon Nummer { $n } gibt, und sie kam nicht an: vielleicht gehören Sie nicht mehr dazu.
says-stage-request = Anfrage
says-stage-organisation = Organisation
says-stage-local-profile = Diese Seite
says-stage-remote-profile = Andere Seite
says-step = { $stage }{ $number ->
    [none] { "" }
   *[other] , Regel { $number }
}:{ $off ->
    [none] { "" }
   *[other] { " " }{ $source }.
}{ $view ->
    [none] { "" }
   *[other] { " " }Höchstens { $view } sehen.
}{ $control ->
    [none] { "" }
   *[other] { " " }Höchstens { $control } steuern.
}{ $without ->
    [none] { "" }
   *[other] { " " }Ohne { $without }.
}{ $demands ->
    [none] { "" }
   *[other] { " " }Verlangt: { $demands }.
}
says-denied = Abgelehnt beim Schritt „{ $stage }“{ $number ->
    [none] { "" }
   *[other] , Regel { $number }
}: { $source }.
says-allowed = Erlaubt: { $view } sehen, { $control } steuern{ $duties ->
    [none] { "" }
   *[other] ; verlangt: { $duties }
}{ $consent ->
    [none] { "" }
   *[other] ; eine dauernde Zusage wurde gebraucht
}{ $preliminary ->
    [none] { "" }
   *[other] ; Regeln über einzelne Programme wurden noch nicht angesehen
}.
says-code-lost = Die Verbindung endete.
says-code-late = Die Zeit dafür ist vorbei.
says-code-anew = Die andere Person hat neu begonnen.
says-code-differs = Die Codes sind verschieden: vielleicht ist jemand dazwischen, oder einer wurde falsch gelesen.
says-code-given-up = Die andere Seite sagt, dass die Codes verschieden sind, oder hat aufgegeben.
says-code-broken-word = Die andere Seite hat ihr Wort gebrochen: vielleicht ist jemand dazwischen.
says-code-misbehaved = Das andere Programm hat die Regeln gebrochen.
says-code-fault = Es ließ sich hier nicht abschließen. Versuchen Sie es noch einmal.
