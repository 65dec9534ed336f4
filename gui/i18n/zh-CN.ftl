# 简体中文

today = 今天
yesterday = 昨天
loading = 请稍候…
copied = 已复制
close = 关闭
try-again = 重试
start-again = 重新启动
allow = 允许
deny = 拒绝
decline = 拒绝
join = 加入
leave = 退出
copy = 复制

opening = 正在启动 Kith…
first-title = 欢迎使用 Kith
first-more = 与身边或远方的人交谈，并向他们展示正在运行的程序。没有服务器，也没有账号：一切都保留在您的设备上。
first-name = 您的名字
first-name-help = 其他人会看到这个名字。
first-name-example = 李明
first-name-missing = 请先输入名字。
first-passphrase = 密码短语
first-passphrase-help = 它保护 Kith 在本设备上保存的一切。四五个不常见的词既安全又好记。
first-again = 再输入一次
first-keyring = 改用本机密钥环
first-no-keyring = 改用密码短语
first-keyring-help = 桌面的密钥环保管密钥，您不需要密码短语；任何以您的身份登录的人都能打开 Kith。没有该密钥环，谁也打不开，请务必备份。
first-too-short = 密码短语至少需要八个字符。
first-differ = 两次输入的密码短语不一致。
first-go = 开始
first-making = 正在生成您的密钥…
first-new = 全新开始
first-backup = 我有备份
first-sheet = 我有恢复页
first-backup-more = 本机将成为您的新设备。不要在别处再次恢复同一备份：请另做新的备份，并删除这一个。
first-sheet-more = 适用于所有设备都遗失或被盗的情况。本机将成为您唯一的设备，其他设备都会被撤销。
first-paper = 制作可打印的恢复页
first-file-backup = 备份文件的位置
first-drop = 可以把文件拖到此窗口。
first-backup-passphrase = 备份的密码短语，今后也用来保护本设备。
first-file-sheet = 恢复页文件的位置
first-file-sheet-help = 恢复页的文件，或者您把其代码或 24 个单词键入其中的文件。
first-file-from = 一份认识您的文件
first-file-from-help = 您的备份，或某位联系人把与您的对话存成的文件。
first-sheet-name = 备份里有姓名；没有备份时请在此填写。
first-sheet-passphrase = 备份的密码短语，或为您的数据另设一个。
first-sheet-missing = 请说明恢复页文件的位置。
first-file-missing = 请说明文件的位置。
unlock-title = Kith 已锁定
unlock-more = 请输入密码短语以打开。
unlock-keyring = 由您的密钥环打开。
unlock-open = 没有密码短语保护。
unlock-go = 打开
unlock-busy = 正在打开…
unlock-wrong = 密码短语不正确。
broken-title = Kith 无法启动
broken-more = 您的数据没有丢失。请重试；如果仍然如此，重新启动这台电脑通常会有帮助。

nav-talk = 交谈
nav-shares = 展示
nav-settings = 设置
search = 搜索联系人和消息
searching = 正在搜索…
found-nothing = 没有消息包含这段文字。
found = { $n } 条消息
invite = 邀请
new-room = 新建房间
nobody = 还没有联系人
nobody-more = 邀请他人，或回应您收到的邀请。
invite-somebody = 邀请他人
have-invite = 我有一份邀请
members = { $n } 人
invited-here = 邀请您加入
asks-you = 想与您交谈
waiting-for = 等待对方回应
they-declined = 对方已拒绝
let-in = 接受
turn-away = 拒绝
offline = 无法联系
presence-available = 在线
presence-away = 离开
presence-busy = 忙碌
presence-hidden = 隐身
presence-sharing = 正在展示
presence-none = 未连接
presence-unknown = 目前未知
presence-via = { $how }，{ $via }

nothing-open = 请选择一个对话
nothing-open-more = 联系人和房间在左侧。
asks-title = { $name } 想与您交谈
asks-more = 对方回应了您的邀请。确认是谁之后再接受；之后还可以核对安全码。
waiting-title = 等待 { $name }
waiting-more = 双方同时在线时，对方就会收到您的回应，无需其他操作。
answered-more = 您的回应已发送到对方的设备。对方同意后即可交谈。
invite-refused = 对方的邀请无法使用
refused-title = { $name } 的邀请未能生效
refused-used = 它已被使用。请向对方索取新的邀请。
refused-revoked = 它已被撤回。请向对方索取新的邀请。
refused-expired = 它已过期。请向对方索取新的邀请。
refused-declined = 对方拒绝了。
refused-unknown = 对方设备没有接受您的回应。请向对方索取新的邀请。
forget-person = 从列表中移除
verified = 已核实
unverified = 未核实
share = 展示
parted = 已被您移除
parted-title = 您已移除 { $name }
parted-more = 您已移除此人。说过的内容保留在此，直到您将其删除。要再次交谈，须由一方邀请另一方。
parted-erase = 删除说过的内容…
parted-erase-go = 在此删除
erase-title = 删除说过的内容？
erase-more = 您与 { $name } 说过的内容及文件将从此设备删除。{ $name } 那边的内容仍会保留。此操作无法撤销。
not-a-member = 您已不在此房间中。
history-failed = 无法显示消息
no-messages = 还没有消息
no-messages-more = 打个招呼吧。您写的内容会保存在这里，直到能联系到对方。
to-newest = 跳到最新消息
invited-question = 您被邀请加入此房间。要加入吗？
answering = 回复
editing = 修改
write = 写消息
not-sent = 未发送：Kith 未在运行。您写的内容会保留在这里。
new-below = 新消息
react = 回应
answer = 回复
edit = 修改
edited = 已修改
delete = 为所有人删除
delete-title = 删除这条消息？
delete-more = 它将从收到它的每台设备上消失，且无法撤销。
delete-not = 保留
doubtful = 存疑
doubtful-why = 这台设备写的内容有两个版本：这条可能是持有其副本的人写的。它不会再转给任何人。
erased = 这条消息已删除。
erased-by = { $who } 删除了这条消息。
missing = 这条消息的内容尚未到达。
delivery-queued = 在本设备上等待
delivery-held = 已由 { $names } 保存，尚未全部送达
delivery-delivered = 已送达
delivery-read = 已读
file-title = 发送文件
file-more = 选择文件、输入其路径，或把文件拖到对话上。对方获取时才会发送。
file-path = 文件位置
file-up = 上一级
file-none = 这里没有文件。
file-send = 发送文件
file-save = 保存到下载文件夹
no-downloads = 没有可以存放它的文件夹
trouble-not-found = 它不存在。
trouble-not-allowed = 不允许在那里读写。
trouble-read-only = 那里不能写入。
trouble-exists = 那里已有同名的内容。
trouble-too-large = 它太大了。
trouble-no-name = 这不是路径。路径以“/”或“~/”开头。
trouble-no-folder = 这不是文件夹。
trouble-folder = 这是一个文件夹。
trouble-full = 磁盘已满。
node-gone = Kith 没有在后台运行，无法收发消息。
node-silent = Kith 没有回应，可能已被暂停，或电脑过于繁忙。所见内容可能已过时，所做操作会等待执行。

invite-title = 邀请他人
invite-more = 只交给一个人：让对方扫描，或发送文字。只能使用一次。
copy-invite = 复制文字
invite-until = 有效期至 { $when }
invites-open = 其他尚未有人回应的邀请
carried-title = 手工传递的文件
carried-more = 没有网络时，一切都可以用文件传递，例如用 U 盘：对您邀请的回应、答复、聊天室的消息、策略、某人的设备列表。共享日志会被核查。重复导入没有害处。
carried-drop = 可以把名称以“.kith”结尾的文件拖到此窗口。
carried-go = 导入
carried-save = 存为文件
carried-saved = 已保存为 { $path }
carried-room = 消息存为文件
carried-readable = 拿到文件的人都能阅读。
carried-reply = 将您的同意存为文件
policy-of = { $name } 的策略
policy-lists = 其中列有您：{ $role }。
policy-doesnt-list = 其中没有列出您：加入只会带来禁止。请把您的身份标识告诉管理员（见“设置”）。
policy-compare = 您还不属于该组织。请将此行与其管理员所说的核对；加入者须受其规则约束。
policy-join = 加入
policy-joined = 您现在属于 { $name }。
sign-of = { $name } 的规则，待签名：编号 { $n }
sign-more = 请阅读它所做的更改。签名的人为此负责。
sign-word = 其他签名人看到的词必须相同：
sign-signed = 已签名：{ $needed } 中的 { $have }。{ $names }
sign-missing = 还可以签名的人：{ $names }
sign-go = 签名
sign-done = 您已签名。请把保存的文件转交给尚未签名的人。
sign-publish = 使其生效
sign-published = 它已在此生效。您遇到的成员会自动得到它，其他人可通过保存的文件得到。
accept-title = 回应邀请
accept-more = 粘贴以“kith:”开头的文字。查看不会消耗邀请。
accept-go = 回应
accept-look = 查看
accept-done = 您和 { $name } 现在可以交谈了。
accept-waits = 您的回应正在发往 { $name }。对方接受后即可交谈。
petname = 您对此人的称呼
petname-help = 只有您能看到。
known-open = 更多…
known-own = 对方自称 { $name }。
known-rename = 改用此名称
known-presence = 对方上线时
known-tell = 提醒我一次
known-told = 会提醒您
known-routes = 对方如何连接本设备
known-any = 任何方式
known-relay = 仅经中转
known-routes-more = 经中转时，对方得不到本设备的地址。以前已得到的仍为对方所知。
known-apart = 保持距离
known-hide = 不让对方看到我何时在线
known-show = 让对方看到我何时在线
known-bar = 不与对方共享任何内容
known-barred = 现在有一条您自己的规则这样规定；可在“规则”中收回。
known-apart-more = 对方仍可给您写信息。
known-remove = 从联系人中移除…
remove-title = 移除此联系人？
remove-more = 您与 { $name } 的共享会结束，长期同意也随之结束。对方的任何内容都不再送达，对方也不会被告知：在对方看来您不在线。说过的内容仍可在此阅读。你们二人都在的房间不受影响。
remove-not = 保留
remove-go = 移除
safety-title = 核对安全码
safety-more = 当面或通过语音向 { $name } 读出这些数字。如果双方看到的相同，就没有人在中间。
safety-equal = 相同
safety-differs = 不同
safety-is = 您已核对过此安全码。
safety-take-back = 取消标记
room-title = 新建房间
room-name = 房间名称
room-name-example = 三病区
room-who = 成员
moderated-new = 那里可以共享什么
moderated-new-more = 在有主持的房间里，由您决定所有人和每个人可以共享什么，并可随时更改。
moderated-free = 各人自己决定
moderated-nothing = 什么都不行
moderated-view = 展示和观看
moderated-control = 也可控制
moderated-title = 有主持的房间
moderated-by = 由 { $name } 决定这里可以共享什么。
moderated-by-me = 您打开了这个房间，由您决定这里可以共享什么。
moderated-everybody = 所有人，至多：
moderated-one = { $name }，至多：
moderated-person = { $name }：{ $level }
company-with = 成员
company-none = 这个房间里还没有其他人。
members-invited = 已邀请
members-runs = 管理房间
members-invite = 邀请…
members-remove = 移除 { $name }…
members-leave = 离开…
members-invite-title = 邀请加入房间
members-invite-more = 受邀者在接受之前看不到“{ $room }”的任何内容。
members-invite-go = 邀请
members-nobody = 您的联系人都已在其中。
members-remove-title = 移出房间
members-remove-more = { $name } 将不再收到“{ $room }”的任何内容。此前的内容仍留在其设备上。
members-remove-go = 移除
members-leave-title = 离开房间
members-leave-more = 您将不再收到“{ $room }”的任何内容，只有再次受邀才能回来。
members-leave-go = 离开
offer-in-room = 在房间“{ $room }”中：那里允许的规则同样有效。
room-make = 创建房间
about = 关于此人
person-id = 身份
compare = 核对安全码

share-choose = 请选择要向谁展示。
share-far = 目前无法联系到 { $name }：无法共享任何内容。
panel-back = 返回对话
share-show = 展示内容
share-let-control = 展示并允许控制
share-see = 请求观看
share-see-control = 请求观看并控制
share-unknown = 双方都在线之后才知道可以做什么。
share-server = 展示 VNC 服务器…
share-see-what = 请求特定内容…
share-checking = 正在尝试连接路径…
share-only-in = 只在有人主持的房间：请在 { $rooms } 中选择 { $name }。
share-room-nothing = 在此房间中不能与 { $name } 共享：由房间的开启者决定。
share-room-view = 在此房间中不允许与 { $name } 使用控制。
path-title = 连接路径
path-you = 您
path-untried = 尚未尝试
way-standing = 已有连接
way-remembered = 以前的
way-announced = 对方告知
ask-just-came = 这一项刚刚出现在这里。请先看清楚，然后再按一次。
choose-what = 选择展示内容
asks-lasts = 仅此一次有效：直到其中一方结束，最长 { $hours } 小时。
asks-lasts-control = 在您收回控制（Esc）或其中一方结束之前有效，最长 { $hours } 小时。
asks-lasts-seeing = 您可以看到，直到其中一方结束，最长 { $hours } 小时。您的内容不会被展示。
live-sees = { $count ->
   *[other] { $names } 正在观看{ $what }
}
live-controls = { $count ->
   *[other] { $names } 正在观看并控制{ $what }
}
live-how = 按 Esc 收回控制
take-control = 收回控制
stop-sharing = 停止展示
stop-watching = 停止观看
take-back = 撤回
ask-control = 请求控制
give-control-back = 交还控制
window-front = 转到其窗口
window-full = 切换全屏
figures = 数据
figures-path = 路径
figures-trip = 往返时间
figures-frames = 每秒画面数
figures-rate = 每秒接收
figures-bytes = 总共接收
path-direct = 直连
path-relayed = 经中继
path-interrupted = 已中断
shares-title = 展示
shares-none = 没有正在展示的内容
shares-none-more = 打开一个对话并按“展示”，即可向对方展示程序，或观看对方的程序。
shares-mine = 谁在看您的内容
shares-theirs = 您在看谁的内容
shares-over = 已结束
shares-ended = 已结束：Kith 已锁定或不再运行。现在不再展示或观看任何内容。
phase-invited = 您已邀请 { $name } 观看{ $what }。
phase-asked-for = 您已请求 { $name } 向您展示。
phase-wants-to-see = { $name } 请求观看{ $control ->
    [yes] 并控制
   *[no] { "" }
}您的内容。
phase-wants-one = { $name } 请求观看{ $control ->
    [yes] 并控制
   *[no] { "" }
}{ $what }。
phase-invites-me = { $name } 想向您展示{ $what }{ $control ->
    [yes] ，可以控制
   *[no] { "" }
}。
phase-settling = 正在与 { $name } 准备…
phase-sees = { $name } 正在观看{ $what }{ $control ->
    [yes] 并控制
    [offered] ；控制须在 Kith 的窗口中同意
   *[no] { "" }
}。
phase-wants-control = { $name } 正在观看{ $what }，并请求控制。
phase-shows = { $name } 正在向您展示{ $what }{ $control ->
    [yes] ，由您控制
   *[no] { "" }
}。
phase-control-asked = { $name } 正在向您展示 { $what }，您已请求控制，等待对方答复。
phase-over = 与 { $name }：{ $why }。
in-room = 在“{ $room }”中：{ $said }
extent-server = 一个 VNC 服务器
extent-window = 一个窗口
extent-application = 一个程序
extent-applications = 几个程序
extent-desktop = 桌面
extent-up-to-desktop = 屏幕或其中一部分
extent-part = 屏幕的一部分（{ $size }，位于 { $place }）
extent-part-cut = 屏幕的一部分（{ $size }，位于 { $place }），剪去 { $cuts } 块
offer-title = 展示内容
offer-more = { $name } 只能看到您在这里选择的内容。您可以随时结束。
offer-what = 内容
offer-level = 允许对方
offer-application = 名称，或在下面选择
offer-application-example = libreoffice
offer-window = 标题或其中一部分，或在下面选择
offer-window-example = 报告.odt
offer-region = 区域
offer-region-example = 800x600+0+0
offer-part = 在屏幕图上拖动，或用方向键：移动区域；按住 Shift 则改变大小。
offer-desktop = 桌面
offer-desktop-more = 屏幕上出现的一切都会被看到。展示单个程序更安全。
offer-list = 可选内容
offer-again = 重新查看
offer-gone = 您选择的内容已不存在，请重新选择。
offer-nothing = 没有找到这个名称。
offer-no-windows = 这里没有可以展示的窗口。
offer-list-asks = 刚才有人控制过此屏幕：列出窗口之前，Kith 会在屏幕上的窗口中询问您。您也可以直接输入名称。
offer-list-ask = 列出窗口…
offer-list-waits = Kith 正在屏幕上的窗口中询问您。其他操作无需等待。
offer-invite = 邀请
offer-allow = 展示
offer-ask = 请求
offer-control-more = { $name }正在看您的内容，并请求控制。您在这里禁止的，对方不能做。
offer-join-more = 请说明您想看什么。展示什么由{ $name }决定。
see-what = 请求的内容
see-level = 您想做什么
see-anything = 由对方选择
see-application = 一个程序
see-application-help = { $name }的电脑上该程序的名称。若对方已预先同意，则不再询问。
see-server-help = { $name }从服务器展示的内容会在本机的 VNC 查看程序中打开。
bounds-title = { $n ->
    [0] 限制
   *[other] 限制：{ $n }
}
bounds-head = 对方不能做什么
bounds-remember = 下次也记住
bounds-before = 以前记住的：
bounds-clipboard = 剪贴板：关闭
bounds-clipboard-more = Kith 还不能共享剪贴板。没有人能得到您复制的内容，也没有人能放入任何内容。
bounds-more = 窗口管理器绘制的边框和 Kith 自己的窗口从不接受点击。
case-more = 此处的规则要求填写，双方都会记入日志。
case-purpose = 用途
case-reference = 病例号或编号
case-patient-consent = 谁取得了患者同意
allow-within = 附带限制…
hand-over = 移交控制
answer-in-window = 在 Kith 窗口中回答
together = 多人可以同时控制。每个人都会先问你。
one-at-a-time = 一次只让一人控制
no-panic-key = 没有紧急键：本机没有可以听到 Esc 的屏幕。只有本程序的按钮能收回控制。
live-no-key = 此处听不到 Esc：请用这些按钮结束。
kind-application = 程序
kind-window = 窗口
kind-region = 区域
kind-desktop = 桌面
kind-server = VNC 服务器
server-title = 展示 VNC 服务器
server-more = VNC 服务器显示的内容，在对方自己的 VNC 查看程序中打开。服务器必须已在运行。
server-kept = 已在这里保存密码的服务器：
server-place = 位置
server-place-help = 本机的端口；若您组织的规则列出了其网络，也可填地址和端口。
server-password = 服务器密码
server-password-help = 密码只留在本设备的 Kith 中，不会给任何人看。若服务器不需要密码，请留空。
server-password-kept = 已经保存：可留空，或输入新密码。
server-remember = 保存，供下次使用
server-control = 控制者可以在那里做其用户能做的一切。Kith 无法检查其范围。
level-view = 仅观看
level-control = 观看并控制

set-me = 您
set-presence = 他人看到的状态
set-presence-more = 隐身意味着网络上没有人能找到您，联系人也不能。
set-audience = 谁能看到您是否在线
audience-everybody = 所有联系人
audience-only = 仅这些人
audience-nobody = 没有人
set-looks = 外观
set-scheme = 颜色
set-light = 浅色
set-dark = 深色
set-size = 大小
set-language = 语言
set-no-letters = 这台计算机上没有字体包含全部中文字符，因此不提供中文。请安装一种，例如 fonts-noto-cjk。
set-node = 网络与锁定
config-on = 开
config-off = 关
config-set = 设定
config-default = 使用默认值
config-fixed = { $value } – 由 { $from } 指定，此处不能更改
set-safety = 安全
set-lock = 立即锁定
set-lock-more = 锁定会从内存中清除密钥并断开所有连接，直到您再次打开。
set-notices = 通知
set-notices-shown = 显示在桌面
set-notices-off = 不显示
set-notices-more = 只说是谁写来或请求，从不说内容。您正在展示、忙碌或正在使用本窗口时不会通知。
notice-message = { $name }发来消息
notice-room = 您的某个房间有新消息
notice-asks = { $name }请求查看您的内容
notice-invites = { $name }想向您展示
notice-contact = 有人想和您交谈

keys-title = 按键
key-tab = 下一项，加 Shift 上一项
key-enter = 按下；写消息时：发送，加 Shift 换行
key-escape = 关闭或取消
key-along = 上一个或下一个对话
key-pick = 逐条浏览消息；按 Tab 前往可对其进行的操作
key-search = 搜索
key-invite = 邀请他人
key-join = 回应邀请
key-nearby = 附近的人
key-panel = 打开或关闭展示面板
key-file = 发送文件
key-room = 新建房间
key-colours = 浅色或深色
key-show = 向当前会话的对方展示内容
key-see = 请求查看对方的内容
key-asking = 转到等待回答的请求
key-pages = 前往页面
key-stop = 停止所有展示
key-lock = 锁定
key-scale = 放大或缩小

nearby-title = 附近的人
nearby-more = 十分钟内，此网络中同样打开此页的人可以看到您的名字。请选择要认识的人。
nearby-nobody = 还没有人。对方也需要在 Kith 中打开此页。
code-begin = 使用简短的口头验证码
code-begun = 两台设备正在与 { $name } 生成验证码…
code-compare = 向 { $name } 读出此验证码。双方看到的相同吗？
code-waiting = 等待 { $name } 也确认。
code-done = 您和 { $name } 已互相认识并核实。
code-failed = 与 { $name } 的核对没有成功。
arrived = { $name } 现在在线

nav-rules = 规则
nav-log = 日志
nav-diagnosis = 检查
rules-none = 您不属于任何组织
rules-none-more = 没有组织时，每次展示前都会先询问您。组织的规则只会更严格。
rules-state = 当前
rules-issued = 签署时间
rules-until = 有效期至
rules-role = 您的角色
rules-no-role = 未列出
role-administrator = 管理员
role-organiser = 组织者
role-sharer = 展示者
role-participant = 参与者
rules-members = 成员数
rules-says = 规则内容
rules-refused = 有 { $n } 次更新被拒绝。
policy-leave = 退出…
policy-leave-sure = 退出此组织
policy-leave-more = 其规则不再约束您。该组织的其他人此后可能不得与您共享任何内容。
rules-mine = 您自己的规则
rules-mine-none = 您还没有：每次都会询问您。
own-more = 它们只会减少组织和联系人所允许的内容。联系人会得知与其有关的部分。
own-open = 禁止某事…
own-demands = 每次共享的要求
own-title = 自己的规则
own-new-more = 从现在起，无论谁请求什么，最多只能如此。可在“规则”中收回。
own-whom = 对象
own-whom-one = 仅此人
own-whom-but = 除此人以外的所有人
own-part = 何时
own-part-sharer = 我展示时
own-part-viewer = 我观看时
own-part-both = 两者
own-begins = 由谁发起
own-begins-either = 任一方
own-begins-invite = 展示的一方
own-begins-request = 想观看的一方
own-view = 最多可以看到
own-view-nothing = 什么都不行
own-view-window = 一个窗口
own-view-application = 一个程序
own-view-desktop = 全部
own-hands = 其中可以控制
own-hands-nothing = 什么都不行
own-hands-seen = 看到的全部
own-applications = 仅限这些程序
own-applications-help = 留空表示全部。名称之间用逗号分隔；“*”代表任意内容。
own-go = 建立规则
rules-demand = 要求：{ $what }
rules-with = 和谁？
rules-with-more = 选择一个人，查看允许什么，以及为什么不允许。
rules-with-nobody = 您还没有联系人。
rules-allowed = 允许：{ $what }{ $control ->
    [yes] ，可控制
   *[no] ，仅查看
}。
rules-denied = 不允许。
case-i-invite = 您向{ $name }展示
case-they-ask = { $name }请求查看您的内容
case-they-invite = { $name }向您展示
case-i-ask = 您请求{ $name }展示
demand-notify = 得到通知
demand-accept = 得到询问
demand-trial = 先试一次
demand-purpose = 用途
demand-reference = 病例号
demand-patient-consent = 谁取得了患者同意
demand-no-starters = 不用能启动其他程序的程序
demand-moderated-room = 只在有人主持的房间
state-in-force = 生效中
state-grace = 已过期，暂时可用
state-policy-expired = 已失效
log-check = 检查日志
log-check-file = 核查文件…
log-sound = 完好：全部 { $n } 条记录均在链中。
log-none = 还没有展示或请求的记录。
check-again = 重新检查
page-later = Kith 再次运行后将显示此页面。
set-devices = 您的设备
set-this-device = 本设备
set-other-device = 其他设备
set-devices-more = 用备份或恢复页可让新机器成为您的设备：在那里首次启动 Kith 时选择即可。
devices-file = 设备列表存为文件
devices-file-more = 导入该文件的人即使没有网络也能得知哪些设备已被撤销。
sheet-none = 您没有恢复页：若所有设备都遗失，您得与所有人重新建立联系。
sheet-open = 恢复页…
sheet-title = 恢复页
sheet-more = 可打印的一页，上有单词和代码。持有者可以取代您：撤销您的所有设备，并把一台新设备变成您的。此前制作的恢复页还有三十天有效。
sheet-go = 制作
sheet-done = 请立即打印，与重要文件存放在一起，并删除该文件。如果您是用旧恢复页恢复的，旧页已作废。
backup-open = 备份…
backup-title = 备份
backup-more = 除本设备密钥以外的一切，用单独的密码短语加密。
backup-passphrase = 备份的密码短语
backup-passphrase-help = 至少 { $n } 个字符。没有它谁也打不开备份。
backup-go = 写入
backup-done = 请保存在另一台机器或 U 盘上。它只可恢复一次：之后请另做新的备份。
keep-where = 存放位置
keep-where-help = 一个文件夹，或尚不存在的文件。
keep-downloads = 下载文件夹
card-open = 我的名片…
card-title = 我的名片
card-more = 打印后交给对方，或让对方在此读取。对方会在与您核对的安全码中看到这些数字。
card-save = 保存以便打印
card-safe = 上面没有秘密。
set-kept = Kith 在本设备上保存的内容已用您的密码短语加密。
set-kept-keyring = Kith 在本设备上保存的内容已加密，密钥由您的密钥环保管：任何以您的身份登录的人都能打开。
set-kept-open = Kith 在本设备上保存的内容没有密码短语保护：能读磁盘的人就能读取一切。
device-valid = 使用中
device-expired = 已过期
device-revoked = 已撤销
device-until = 认证有效至 { $when }
revoke-open = 撤销…
revoke-title = 撤销设备
revoke-more = 凡得知撤销之处，它都将永久失去访问权。原因是？
revoke-lost = 遗失
revoke-stolen = 被盗
revoke-retired = 不再使用
revoke-go = 撤销

nav-agreed = 约定
agreed-title = 预先同意
consents-title = 长期同意
consents-more = 谁可以不再询问就看到您的某个应用。按下紧急键或结束展示，会暂停该同意，直到您让它重新生效。
consents-none = 没有人可以不经询问就看到什么。
standing-open-any = 给出一个…
standing-open-one = 预先同意…
standing-title = 预先同意
standing-more = 让您核对过的人不再询问就能看到一个程序。边框会显示对方正在观看，您可以随时结束。它给出的永远不会超过规则所允许的。
standing-whom = 给谁
standing-verify = 只有您核对过的人才能预先获得信任。请先与{ $name }核对安全码。
standing-open = 现在打开的程序：
standing-control = 谁控制了终端、文件管理器或浏览器，实际上就控制了您的用户账户。
standing-until = 到什么时候
standing-days = { $n ->
    [366] 一年
   *[other] { $n } 天
}
standing-asked = 如果 Kith 在屏幕上的窗口中询问，请在那里回答。
standing-go = 同意
standing-given = { $name }可以不经询问就看到 { $what }，直到 { $when }。
consent-says = { $name }可以看到 { $what }{ $control ->
    [yes] ，并可控制
   *[no] { "" }
}
consent-until = 有效至 { $when }
consent-resume = 重新生效
consent-end = 收回
held-panic = 您按下紧急键后已暂停，目前无效。
held-stopped = 您收回控制或结束展示后已暂停，目前无效。
held-other = 已暂停，目前无效。
inputs-title = 输入设备
inputs-more = 只有此屏幕前的人才能回答 Kith 自己的询问并按下紧急键：鼠标和键盘有效，程序所按的无效。对于通过 x11vnc 查看的会话或屏幕键盘，可以登记程序所按的输入。有人控制期间以及之后五分钟内，它只能结束控制，不能回答询问。
input-counts = 有效
input-enrolled = 由程序按下：已登记
input-never = 由程序按下：无效
input-programs-keyboard = 程序按下的键
input-programs-pointer = 程序的点击
input-enrol = 登记
input-remove = 移除
input-careful = 这台电脑上的任何程序都可以回答 Kith 的询问。
input-asked = 请在屏幕上 Kith 的窗口中回答。
accounts-title = VNC 服务器的密码
accounts-more = 您展示服务器时要求保存的密码。它们从不显示。
accounts-none = 没有保存任何密码。
limits-title = 控制的限制
limits-more = 您禁止过并要求记住的内容。每次交出控制时都会重新生效。
limits-none = 没有记住任何限制。
limit-everybody = 所有人
limit-every-application = 所有应用
limit-says = { $who }，{ $what }
limit-device = 仅限设备 { $device }…
limit-keys = 禁用按键 { $keys }
limit-pace = 每秒最多 { $n } 次输入
limit-nothing = 没有禁止任何内容
limit-forget = 忘记
bar-menus = 禁用菜单
bar-file-dialogs = 禁用文件对话框
bar-right-click = 禁用右键
bar-borders = 禁止移动、缩放或关闭
bar-shortcuts = 禁用快捷键
bar-keyboard = 禁用所有按键

## What a node says in English, by its code
ended-other = 原因未知
ended-declined = 对方拒绝了
ended-no-answer = 没有人及时回答
ended-cancelled = 请求者收回了请求
ended-taken = 已在同一个人的另一台设备上答复
ended-crossed = 双方同时提出了同样的请求；另一个请求继续进行
ended-denied = 策略或配置不允许
ended-case-missing = 需要填写目的、编号或患者同意
ended-not-possible = 两台设备无法一起完成
ended-more-than-asked = 提供的内容超出了请求
ended-policies-differ = 双方的策略版本不同
ended-seal-failed = 参数无法加密或解密
ended-session-used = 该会话以前已使用过
ended-storage = 无法写入存储
ended-no-path = 无法确认两台设备之间的路径
ended-path-lost = 连接已中断
ended-timeout = 对方的程序没有及时响应
ended-stopped = 有人结束了它
ended-panic = 有人用紧急键或“kith panic”立即结束了它
ended-policy-changed = 新的策略不再允许
ended-expired = 已达到允许的最长时间
ended-crashed = 一方的程序在运行时意外退出
ended-closed = Kith 已关闭或锁定
ended-misbehaved = 对方的程序违反了规则
ended-too-many = 同时的请求太多
ended-source-ended = 展示的内容已不存在
ended-launch-failed = 无法开始展示
ended-unwanted = 对方不接受此类请求
away-connected = 对方的设备已连接
away-not-seen = 自 Kith 启动以来未见
away-ended = 连接已结束
away-version = 双方的 Kith 没有共同的版本
away-no-relay = 仅限经中转，而现在没有中转
away-no-address = 尚不知道地址
away-other-device = 最后的地址上是另一台设备
away-not-kith = 该地址有响应，但不是 Kith
away-refuses = 地址拒绝连接：Kith 未在那里运行，或有东西阻挡
away-no-answer = 没有响应：设备已离开，或中间有过滤
away-no-network = 从这里没有网络通往那里
away-no-ipv4 = 只知道该设备的 IPv4 地址，而从这里没有 IPv4 通往那里
away-no-ipv6 = 只知道该设备的 IPv6 地址，而从这里没有 IPv6 通往那里
away-elsewhere = 其地址属于另一个局域网
away-nowhere = 其地址不可用
via-device = 经 { $name } 的设备
via-relay = 经中转
ended-no-trial = 须先通过一幅测试画面，而没有一幅送达
ended-not-in-room = 两人中有一人不在该房间
ended-asked-again = 又提出了同样的请求，由新的请求继续
reason-not-contacts = 您和{ $name }还不是联系人
reason-device-barred = 该设备不再属于{ $name }，或其证书已过期
reason-not-looked = 正在检查这台设备
reason-not-met = 还不知道{ $name }的设备能做什么：两台设备需要先连接一次
reason-run-out = { $name }的设备信息已过时：两台设备需要再次连接
reason-offline = 现在无法联系到{ $name }
reason-no-common-version = 您和{ $name }的 Kith 没有共同的版本
reason-no-screen = 这里没有屏幕
reason-wayland = 还不能展示 Wayland 屏幕
reason-display-lacks = X11 显示缺少展示所需的功能
reason-no-server = 这里没有安装相应的服务程序
reason-no-window = 这里无法打开窗口；“检查”会说明缺少什么
reason-no-viewer = 这里没有安装相应的查看程序
reason-not-supported = Kith 不支持
reason-no-address = 不知道对方设备的地址
reason-forbidden = 不允许从这里尝试已知的地址
reason-no-network = 这台设备没有通向对方的网络
reason-not-running = 对方的地址拒绝连接：那里没有运行 Kith，或者被路由器或防火墙阻挡
reason-elsewhere = 已知的地址现在属于别人
reason-blocked = 无法通过：被防火墙或路由器阻挡，或者设备已关闭
reason-policy-expired = 策略已过期
reason-policy-forked = 策略有两个互相矛盾的版本
reason-policy-needs-update = 策略需要更新的 Kith
reason-policy-broken = 策略已损坏
reason-outsider = 你们中有人不属于该组织
reason-role = 您在组织中的角色不允许
reason-rule = 组织的一条规则不允许
reason-policy-demands = 策略要求更多条件
reason-outside-meetings = 只在有人主持的房间，而您与 { $name } 没有允许这样做的房间
reason-meeting = 组织者在这次会面中关闭了它
reason-profile-rule = 您的配置中的一条规则不允许
reason-profile-demands = 您的配置要求更多条件
reason-terms = 对方不允许您这样做
reason-terms-over = 对方允许您的已过期，直到你们再次相遇
reason-no-trial = 须先通过一幅测试画面，而两台设备之间没有一幅送达
reason-sharer-cannot = 要展示的设备无法以这种方式展示
reason-viewer-cannot = 要观看的设备没有相应的观看程序
reason-no-common-right = 两台设备没有共同的权限
reason-no-common-codec = 两台设备没有共同的编码
reason-no-common-kem = 两台设备没有共同的密封方式
reason-policy-full = 该策略无法再接收更多版本
reason-nothing-asked = 没有请求任何内容
reason-mismatch = 某项记录属于另一次共享
reason-policy-not-understood = 策略中有一部分只有更新的 Kith 才能理解
reason-member-not-understood = 策略中某位成员的条目只有更新的 Kith 才能理解
reason-host-not-listed = 策略没有列出该服务器
reason-rule-not-understood = 组织的一条规则不允许，且只有更新的 Kith 才能完全理解它
reason-meeting-not-set = 此次会议尚未说明允许什么
reason-meeting-contested = 此次会议有两份相互矛盾的设置
reason-meeting-person = 组织者对你们中的一人关闭了此项
reason-profile-rule-not-understood = 您资料中的一条规则不允许，且只有更新的 Kith 才能完全理解它
hint-not-contacts = 谁在等待答复，请看联系人列表
hint-no-common-version = 请双方都安装最新的 Kith
hint-outside-meetings = 请有权开启会面的人开一个有人主持的房间
hint-meeting = 在有人主持的房间里可以看到允许什么，以及由谁决定
hint-meeting-not-set = { hint-meeting }
hint-meeting-contested = { hint-meeting }
hint-meeting-person = { hint-meeting }
hint-policy = “规则”页说明这是怎么得出的
hint-path = 设备能从外部连接的联系人可以中转；“检查”页说明这里有什么障碍
verdict-direct = 两台设备可以直接相互连接
verdict-direct-no-udp = 两台设备可以相互连接，但 UDP 被阻挡：视频可能不流畅
verdict-relayed = 只能通过联系人的设备中转
verdict-no-address = 不知道对方设备的地址
verdict-forbidden = 不允许从这里尝试已知的地址
verdict-no-network = 这台设备没有通向对方的网络
verdict-not-running = 对方的地址拒绝连接：那里没有运行 Kith，或者被路由器或防火墙阻挡
verdict-elsewhere = 已知的地址现在属于别人
verdict-blocked = 无法通过：被防火墙或路由器阻挡，或者设备已关闭
outcome-refused = 该地址拒绝连接
outcome-filtered = 那里没有响应
outcome-unreachable = 本网络没有通往那里的路
outcome-wrong-device = 那里回应的是另一台设备
outcome-not-kith = 那里回应的不是 Kith
outcome-relay-refused = 中间的设备不予转发
outcome-denied = 这样的地址从不尝试
outcome-crowded = 这里打开的连接太多
outcome-no-such-name = 该名称无处可达
outcome-ourselves = 那就是本设备
outcome-silent = 已连接，但没有任何返回
outcome-works = 此路可通
setting-port = 监听的 UDP 和 TCP 端口；0 表示由系统选择。下次启动时生效。
setting-mdns = 在本地网络中寻找他人。下次启动时生效。
setting-dht = 跨网络寻找他人。下次启动时生效。
setting-relay = 可从外部访问时为联系人中转。下次启动时生效。
setting-loopback = 把本机自己的地址当作一个网络，用于试验。
setting-external-addresses = 通向本设备的外部地址，用逗号分隔。下次启动时生效。
setting-lock-after-minutes = 无请求多少分钟后锁定，也可用秒：“90s”；0 表示从不。
setting-router = 请求路由器为本设备打开端口（UPnP）。下次启动时生效。
setting-lock-on-suspend = 若档案设有口令，在本机休眠前锁定；展示随之结束。
setting-language = Kith 自己在屏幕上的窗口（询问您以及显示谁在观看的边框）所用的语言：en、de、zh-CN；system 表示跟随系统。
setting-scale = 这些窗口的大小（百分比），在屏幕自身缩放之外。
finding-store-sound = 已存储的数据完好。
finding-forked = 本设备写的内容有两个版本：在这些房间里它不能再写任何东西。
finding-other-device-forked = 您的另一台设备在这些房间里写的内容有两个版本。
finding-hidden = 您处于隐身状态：新的人找不到您。
finding-no-network = 本机没有连接任何网络。
finding-loopback-only = 按照设定，这个节点只与本机通信：别处的人找不到它。
finding-mdns-off = 不在本地网络中寻找他人。
finding-lan = 在本地网络中，联系人会自动互相发现。
finding-no-letters = Kith 自己的窗口以英文显示：这里没有一种字体包含所需的全部汉字。
finding-public = 可以从外部连接本设备。
finding-relayed = 外部通过联系人的设备连接本设备。
finding-policy-unusable = 有一项策略不可用：因此不能展示新内容。
finding-unreachable-outside = 从本地网络之外无法连接本设备。
finding-outside-unknown = 尚不知道能否从外部连接本设备。
finding-nat-dependent = 路由器为每个连接分配不同的端口：无法直接连接同样在路由器之后的人，但可以经中转连接。
finding-nobody = 您还没有联系人。
finding-can-share = 您可以展示本机的窗口和屏幕，并让他人控制。
finding-can-share-view = 您可以展示本机的窗口和屏幕，但无人可以控制。
finding-can-join = 您可以观看他人展示的内容，并在对方允许时进行控制。
finding-can-not-join = 在这里看不到别人展示的内容。
finding-can-not-share = 无法展示本机的屏幕。
finding-session = 已知本机及其使用方式。
finding-servers = 本机有可以把它展示给别人的程序。Kith 只展示 VNC 的。
finding-no-screen-for-vnc = 别人展示给您的 VNC 服务器在这里打不开：没有屏幕。
finding-store-damaged = 存储的数据已损坏。
finding-disk-low = 存放您数据的磁盘几乎已满或已满。
finding-renew = 本设备只能再共享一段时间，之后需要续期。
finding-asked = 有人在等您的答复。
finding-all-away = 您的联系人都不在。
finding-people = 您有联系人在线。
finding-relay-only = 某些联系人得不到本设备的地址，仅经中转连接。
finding-relay-only-unreachable = 某些联系人仅限经中转连接，而现在没有中转。
finding-kept-apart = 您与某些联系人在同一网络，但该网络把设备隔开：你们经中转通话。
finding-kept-apart-perhaps = 您与某些联系人似乎在同一网络，而该网络可能把设备隔开。
finding-no-sharing-account = 没有保存服务器会话的账户：会向您询问服务器的密码。
finding-sharing-account = 已保存服务器会话的账户：“约定”页会列出服务器。
finding-router-opened = 路由器已为本设备打开端口。
finding-router-off = 没有请求路由器打开端口。
finding-router-silent = 没有路由器应答，无法为本设备打开端口。
finding-router-refuses = 路由器拒绝为本设备打开端口。
finding-router-behind-another = 路由器没有公网地址：它打开的端口无法从外部到达。
finding-no-window-for-vnc = 别人展示给您的 VNC 服务器在这里打不开：没有可用的 X11 显示。
finding-viewer-vnc = 他人展示的 VNC 服务器可以在这里打开。
finding-no-viewer-vnc = 他人展示的 VNC 服务器无法在这里打开：没有安装相应的程序。
finding-viewer-rdp = Kith 尚不能打开 RDP 会话。
finding-no-viewer-rdp = Kith 尚不能打开 RDP 会话。
finding-viewer-ica = Kith 尚不能打开 Citrix 会话。
finding-no-viewer-ica = Kith 尚不能打开 Citrix 会话。
finding-hint-policy-unusable = 详见“规则”
finding-hint-hidden = 可以在“设置”中结束
finding-hint-no-network = 请插上网线或连接 Wi-Fi；Kith 不需要互联网
finding-hint-loopback-only = 启动时不要使用“--loopback=only”
finding-hint-mdns-off = 请在“设置”中打开“本网络中的人”，然后重新启动 Kith
finding-hint-no-letters = 请安装一种，例如 fonts-noto-cjk 或 fonts-wqy-microhei
finding-hint-unreachable-outside = 只要有一位联系人的设备可从外部连接（服务器，或设有端口转发的路由器），对大家就够了
finding-hint-outside-unknown = 其他地方的联系人连接后就会知道
finding-hint-nat-dependent = 请在路由器中把一个端口转发到本机，并在“设置”的“外部地址”中写明
finding-hint-nobody = 请邀请他人，或回应一个邀请
finding-hint-no-sharing-account = 展示 VNC 服务器时可以保存密码
finding-hint-sharing-account = 无法从这里检查该桌面的用户有何权限（列出或结束他人的会话、重启、安装）：请使用没有这些权限的用户
finding-hint-router-off = 请在“设置”中打开“由路由器开放端口”，然后重新启动 Kith
finding-hint-router-silent = 通常可以在路由器的设置中打开 UPnP
finding-hint-router-refuses = 请在路由器的设置中允许本设备通过 UPnP 打开端口
finding-hint-router-behind-another = 前面还有另一台路由器，或运营商的路由器：只有它才能打开端口
finding-hint-no-viewer-vnc = 如有需要，请安装 TigerVNC（Debian：tigervnc-viewer）
finding-hint-store-damaged = 先复制资料文件夹，然后恢复备份
finding-hint-disk-low = 请在资料文件夹所在的磁盘上腾出空间
finding-hint-renew = 如果您的备份没有在别处恢复过：运行“kith id --renew”，然后另做备份
finding-hint-asked = 他们在对话列表的最上面
finding-hint-all-away = 如果对方就在身旁，可能是 Wi-Fi 把设备隔开了：试试网线
finding-hint-kept-apart = 请用网线或非访客 Wi-Fi，或在路由器中关闭“客户端隔离”
finding-hint-kept-apart-perhaps = { finding-hint-kept-apart }
finding-hint-no-window-for-vnc = 在 Wayland 下请安装 Xwayland；否则请检查 DISPLAY 和 XAUTHORITY
finding-hint-no-screen-for-vnc = 请在桌面会话中启动 Kith
finding-hint-can-not-join = { finding-hint-no-screen-for-vnc }
finding-hint-can-not-share = 请在 X11 会话中启动 Kith；Wayland 暂不能展示
finding-hint-servers = 对话旁的“展示 VNC 服务器…”可展示一个；其密码留在您这里
error-said = { $what }英文说明：“{ $detail }”
error-internal = 这是 Kith 自身的错误。
error-usage = 程序不是这样调用的。
error-bad-request = 不能这样做：过长、写法有误或种类不符。
error-not-found = 这里没有所指的内容。
error-ambiguous = 所指的内容符合多个。
error-invalid = 它不是应有的内容，或已损坏。
error-expired = 它已过期、被撤销或已使用过。
error-denied = 不允许：策略、房间、某人或某个程序不同意。
error-locked = Kith 已锁定。
error-wrong-passphrase = 密码短语不对。
error-unreachable = 对方或网络现在无法连通。
error-too-much = 已达到大小或数量的上限。
error-storage = 磁盘已满，或无法读写。
error-version = 这是给另一版本的 Kith 的。
error-not-running = Kith 没有在后台运行。
imported = 已导入：{ $what } – 新增 { $new }，已有 { $known }。
imported-answer = 对邀请的回应
imported-reply = 对您回应的答复
imported-policy = 策略
imported-identity = 设备列表
imported-room-entries = 房间的消息
imported-unknown = 只有更新的 Kith 才认识的内容
imported-audit = 日志完好：{ $n } 条记录都在链中。其内容不会被导入。
audit-native = Kith
audit-screen = 整个屏幕
audit-up-to-screen = 至多整个屏幕
audit-part = 屏幕的一部分，{ $size }
audit-server = 服务器的整个会话
audit-window = { $apps } 的一个窗口
audit-application = 程序 { $apps }
audit-see = 仅查看：{ $thing }（{ $technology }）
audit-control = 查看并控制：{ $thing }（{ $technology }）
audit-with-sharer = 您向{ $name }展示的内容（{ $technology }）
audit-with-viewer = { $name }向您展示的内容（{ $technology }）
audit-by-you = 您
audit-by-organiser = 房间主持人
audit-by-policy = 策略或规则
audit-by-program = 程序
audit-rules-own = 您这一方的规则
audit-rules-policies = { $n } 个策略和您这一方的规则
audit-invite-sharer = 您邀请了{ $name }：{ $what }。
audit-invite-viewer = { $name }邀请了您：{ $what }。
audit-request-sharer = { $name }向您请求：{ $what }。
audit-request-viewer = 您向{ $name }请求：{ $what }。
audit-more-sharer = { $name }向您请求更多：{ $what }。
audit-more-viewer = 您向{ $name }请求更多：{ $what }。
audit-allowed = { $rules }允许{ $with }：{ $what }。
audit-allowed-again = { $rules }在生效前再次核对，允许{ $with }：{ $what }。
audit-denied = { $rules }在“{ $step }”这一步不允许{ $with }：{ $why }。
audit-denied-again = { $rules }在生效前再次核对，在“{ $step }”这一步不允许{ $with }：{ $why }。
audit-refused-control = 被{ $by }拒绝控制：{ $with }；{ $why }。
audit-refused = 被{ $by }拒绝：{ $with }；{ $why }。
audit-granted = 您这一方已同意：{ $with }，{ $what }。
audit-granted-standing = 您的长期同意有效：{ $with }，{ $what }。
audit-started = 开始传送画面：{ $with }。
audit-escalated = 由{ $by }扩大：{ $with }，{ $what }。
audit-reduced = 由{ $by }缩小：{ $with }，{ $what }；{ $why }。
audit-ended = 由{ $by }结束：{ $with }；{ $why }。
audit-control-given = 控制从此生效：{ $with }。
audit-left-out = 来自{ $by }的过多请求没有结果，不再逐条记录：到此共 { $count } 个。
audit-at-screen-pressed = Kith 在屏幕上的窗口询问了“{ $command }”：您按了“是”。
audit-at-screen-declined = Kith 在屏幕上的窗口询问了“{ $command }”：您按了“否”。
audit-at-screen-no-answer = Kith 在屏幕上的窗口询问了“{ $command }”：无人及时回答，什么也没有执行。
audit-at-screen-taken-back = Kith 在屏幕上的窗口询问了“{ $command }”：在回答之前被收回。
audit-at-screen-pretended = Kith 在屏幕上的窗口询问了“{ $command }”：有程序冒充您按下，什么也没有执行。
audit-at-screen-window-closed = Kith 在屏幕上的窗口询问了“{ $command }”：有程序关闭了窗口，什么也没有执行。
audit-at-screen-not-shown = Kith 在屏幕上的窗口询问了“{ $command }”：窗口无法显示。
audit-policy-in-force = 从这里起另一份策略生效。
audit-clock-corrected = 该策略再次生效：您表示时钟曾经不准。
audit-consent-given = 已给予一项长期同意。
audit-consent-ended = 一项长期同意已收回。
audit-consent-held = 一项长期同意暂不生效，直到您确认：{ $why }。
audit-consent-resumed = 一项长期同意再次生效。
audit-account-kept = 从这里起保存打开该服务器所需的内容：{ $server }。
audit-account-removed = 打开该服务器所需的内容已被忘记：{ $server }。
audit-input-keyboard = 键盘
audit-input-pointer = 指针
audit-input-enrolled = 从这里起，程序的按键算作您的：{ $input }。
audit-input-removed = 程序的按键不再算数：{ $input }。

## 房间里发生的事
happened-opened = { $mine ->
    [yes] 您创建了此房间
   *[no] { $name } 创建了此房间
}
happened-invited = { $mine ->
    [yes] 您邀请了 { $about }
   *[no] { $name } 邀请了 { $about }
}
happened-accepted = { $mine ->
    [yes] 您已加入
   *[no] { $name } 已加入
}
happened-declined = { $mine ->
    [yes] 您拒绝了邀请
   *[no] { $name } 拒绝了邀请
}
happened-left = { $mine ->
    [yes] 您已离开
   *[no] { $name } 已离开
}
happened-role = { $mine ->
    [yes] 您更改了 { $about } 的角色
   *[no] { $name } 更改了 { $about } 的角色
}
happened-removed = { $mine ->
    [yes] 您移除了 { $about }
   *[no] { $name } 移除了 { $about }
}
happened-device = { $mine ->
    [yes] 您停用了一台设备
   *[no] { $name } 停用了一台设备
}
happened-kept = { $mine ->
    [yes] 您：消息会一直保留
   *[no] { $name }：消息会一直保留
}
happened-kept-days = { $mine ->
    [yes] 您：消息保留 { $about } 天
   *[no] { $name }：消息保留 { $about } 天
}
happened-hold = { $mine ->
    [yes] 您：不删除任何内容（依法保全）
   *[no] { $name }：不删除任何内容（依法保全）
}
happened-hold-lifted = { $mine ->
    [yes] 您：依法保全已解除
   *[no] { $name }：依法保全已解除
}
happened-forked = { $mine ->
    [yes] 从这里起，本设备写的内容有两个版本：其数据被旧副本覆盖，或别人持有一份副本。此后写的内容已作标记，不再转发，在此不改变任何东西。
   *[no] 从这里起，{ $name } 的一台设备写的内容有两个版本：其数据被旧副本覆盖，或别人持有一份副本。此后写的内容已作标记，不再转发，在此不改变任何东西。
}
happened-forked-out = { $mine ->
    [yes] 从这里起，本设备写的内容有两个版本：其数据被旧副本覆盖，或别人持有一份副本。此后写的内容已作标记，在此不改变任何东西。下列人因此不再属于本房间：{ $about }。管理员可以重新邀请。
   *[no] 从这里起，{ $name } 的一台设备写的内容有两个版本：其数据被旧副本覆盖，或别人持有一份副本。此后写的内容已作标记，在此不改变任何东西。下列人因此不再属于本房间：{ $about }。管理员可以重新邀请。
}
happened-renamed = { $mine ->
    [yes] 您将房间改名为 { $about }
   *[no] { $name } 将房间改名为 { $about }
}

## 各项设置的名称
config-name-port = 端口
config-name-mdns = 本网络中的人
config-name-dht = 其他网络中的人
config-name-relay = 为联系人中转
config-name-loopback = 本机自身的地址
config-name-external-addresses = 外部地址
config-name-lock-after-minutes = 无操作时锁定
config-name-router = 由路由器开放端口
config-name-lock-on-suspend = 休眠前锁定
config-name-language = 屏幕上 Kith 窗口的语言
config-name-scale = 屏幕上 Kith 窗口的大小

## 名称的可疑之处
warning-mixed-scripts = 名称混用了外形相似的不同字母。
warning-unusual-characters = 名称中有任何语言都不用于名字的字母。
warning-symbols = 名称中有可能被误认为 Kith 标记的符号。
warning-system-like = 名称听起来像程序或机构。
warning-look-alike = 名称与 { $about } 相似，但并非同一人。
warning-forked = 此人的设备清单有两份不同的版本：可能有人掌握了其密钥，或者备份被恢复了两次。请当面询问；恢复表可以裁定。
warning-forked-log = 此人的一台设备（{ $about }）在房间里写的内容有两个版本：其数据被旧副本覆盖，或别人持有一份副本。请当面询问；房间里作了标记的内容可能不是此人写的。
warning-invite-time = 此邀请现在无效：已过期，或时钟不准。
warning-invite-own = 这是您自己的邀请。
warning-title-id = 标题是某物的标识。
warning-title-unseen = 标题中有看不见的字符。
warning-title-mixed = 标题混用了外形相似的不同字母。
warning-title-alike = 标题与 { $about } 相似。

## 规则所说的
says-admins = 更改须由 { $of } 位管理员中的 { $n } 位签名。
says-age = { $days } 天后算旧，此后还可使用 { $grace } 天。
says-recovery = { $of } 把恢复密钥中的 { $n } 把可以取代管理员。
says-no-recovery = 没有恢复密钥：管理员的密钥丢失后，只能重新建立组织。
says-demands = 每次共享都要求：{ $demands }。
says-role = 角色为“{ $role }”的人只可以：{ $powers }。
says-outsiders = 与组织以外的人：{ says-cap }。
says-no-rules = 没有规则：每个角色照常。
says-hosts = 允许使用其服务器的网络数：{ $n }。
says-newer = 其中一部分需要更新版本的 Kith：在此之前它在这里什么都不允许。
says-rule = 规则 { $number }，对{ $subject }{ $parts ->
    [none] { "" }
   *[other] ，{ $parts }
}{ $towards ->
    [none] { "" }
   *[other] ，对方为{ $towards }
}{ $technologies ->
    [none] { "" }
   *[other] ，通过 { $technologies }
}{ $directions ->
    [none] { "" }
   *[other] ，{ $directions }
}{ $applications ->
    [none] { "" }
   *[other] ，关于程序 { $applications }
}：{ says-cap }。{ $newer ->
    [none] { "" }
   *[other] （为更新版本的 Kith 而写：在这里什么都不允许。）
}
says-cap = { $cap ->
    [off] 什么都不可以
    [all] 全部可以
   *[some] 最多观看{ $view }，控制{ $control }{ $without ->
        [none] { "" }
       *[other] ，不含{ $without }
    }
}{ $demands ->
    [none] { "" }
   *[other] ；要求：{ $demands }
}
says-party-everybody = 所有人
says-party-group = 小组{ $name }
says-party-meeting = 会议 { $name }
says-party-me = 您
says-party-person = { $name }
says-party-role = 角色为“{ $name }”的所有人
says-party-outsiders = 组织以外的人
says-party-not-group = 小组{ $name }以外的所有人
says-party-not-me = 除您以外的所有人
says-party-not-person = 除 { $name } 以外的所有人
says-parts-sharer = 展示时
says-parts-viewer = 观看时
says-parts-organiser = 主持房间时
says-directions-invite = 由展示方邀请时
says-directions-request = 由观看方请求时
says-technologies-native = Kith
says-scope-nothing = 无
says-scope-window = { extent-window }
says-scope-application = { extent-application }
says-scope-applications = { extent-applications }
says-scope-desktop = { extent-desktop }
says-without-view = 画面
says-without-pointer = 鼠标
says-without-keyboard = 键盘
says-without-clipboard-to-viewer = 复制到对方
says-without-clipboard-from-viewer = 从对方粘贴
says-without-audio = 声音
says-without-recording = 录制
says-without-pointing = 指示
says-powers-view = 观看
says-powers-share = 展示
says-powers-grant-control = 让人控制
says-powers-receive-control = 接受控制
says-powers-change-control = 转交控制
says-powers-open-meeting = 开设会议
says-powers-open-room = 向所有人开放房间
says-unusable = 不能开始新的共享：{ $why }。
says-clock-was-wrong = 这台设备的时钟曾显示规则已过期的时间。如果当时时钟不对而现在是对的，请在这里说明。
says-forked = 有两份编号为 { $n } 的文件被签名；两份都作为证据保留。
says-old = 规则已超过 { $n } 天：请管理员更新它。
says-old-soon = 它将在 { $n } 天后变旧：管理员应更新它。
says-ends = 规则将在 { $n } 天后结束；此后不能开始新的共享。
says-ends-urgent = 紧急：规则将在 { $n } 天后结束；此后不能开始新的共享。
says-clock-behind = 这台电脑的时钟不对，或曾经不对：比已签名或见过的内容晚 { $n } { $unit }。请校准时钟。
says-unit-minutes = 分钟
says-unit-hours = 小时
says-unit-days = 天
says-not-listed = 其中没有您：对这个组织来说，您是外人。
says-newer-elsewhere = { $name } 说已有编号 { $n }，但它没有到达：您可能已被移除。
says-stage-request = 请求
says-stage-organisation = 组织
says-stage-local-profile = 我方
says-stage-remote-profile = 对方
says-step = { $stage }{ $number ->
    [none] { "" }
   *[other] ，规则 { $number }
}：{ $off ->
    [none] { "" }
   *[other] { $source }。
}{ $view ->
    [none] { "" }
   *[other] 最多观看{ $view }。
}{ $control ->
    [none] { "" }
   *[other] 最多控制{ $control }。
}{ $without ->
    [none] { "" }
   *[other] 不含{ $without }。
}{ $demands ->
    [none] { "" }
   *[other] 要求：{ $demands }。
}
says-denied = 在“{ $stage }”一步被拒绝{ $number ->
    [none] { "" }
   *[other] ，规则 { $number }
}：{ $source }。
says-allowed = 允许：观看{ $view }，控制{ $control }{ $duties ->
    [none] { "" }
   *[other] ；要求：{ $duties }
}{ $consent ->
    [none] { "" }
   *[other] ；用到了一项长期同意
}{ $preliminary ->
    [none] { "" }
   *[other] ；针对单个程序的规则尚未查看
}。
says-code-lost = 连接中断了。
says-code-late = 时间已过。
says-code-anew = 对方重新开始了。
says-code-differs = 两个代码不同：可能有人在中间，或有一方读错了。
says-code-given-up = 对方说代码不同，或放弃了。
says-code-broken-word = 对方没有守约：可能有人在中间。
says-code-misbehaved = 对方的程序没有遵守规则。
says-code-fault = 这里没能完成。请再试一次。
