/** Names, passwords and search words as people use them. Frequent ones come first in each list. */

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** Given names of several countries. */
export const GIVEN = words(`
  anna maria peter thomas john michael sarah david laura daniel julia martin emma paul lisa alex sophie marco nina james
  kate chris linda mark elena robert sandra andreas karin stefan jose carlos ana luis carmen miguel pierre marie jean
  claire luca giulia marta piotr agnieszka tomasz jan eva petra olga ivan natalia dmitri ahmed fatima mehmet ayse yusuf
  omar layla wei ming yuki hiro kenji priya rahul anita sanjay minh linh grace samuel joy kwame amina tobias hannah felix
  lena jonas mia noah lea oliver amelia harry isla jack ella ryan megan tyler ashley brandon brittany kevin jessica`);

/** Family names of several countries. */
export const FAMILY = words(`
  smith mueller garcia jones schmidt johnson rossi martin silva lopez williams brown taylor schneider fischer weber meyer
  wagner becker hoffmann davis miller wilson moore anderson clark lewis walker hall young king wright green baker adams
  nelson hill campbell mitchell roberts carter phillips evans turner parker collins edwards stewart morris murphy cook
  bernard dubois moreau laurent ferrari russo bianchi romano costa pereira santos oliveira rodriguez fernandez gonzalez
  perez sanchez ramirez torres kowalski nowak wisniewski novak horvat popescu ivanov petrov kaya demir yilmaz khan ali
  hussain patel sharma singh kumar nguyen tran chen wang li zhang kim park tanaka sato suzuki okafor mensah diallo cohen`);

/** What stands at the top of every published list of leaked passwords. */
export const COMMON_PASSWORDS = words(`
  123456 password 123456789 12345678 12345 qwerty 1234567890 1234567 111111 password1 qwerty123 123123 abc123 1q2w3e4r
  iloveyou 000000 1234 admin letmein welcome monkey dragon sunshine princess football baseball master michael shadow
  superman qwertyuiop 654321 666666 987654321 654321 1qaz2wsx 121212 zxcvbnm asdfghjkl trustno1 hello charlie freedom
  whatever passw0rd starwars computer michelle jessica pepper daniel access ashley jordan hunter maggie ginger summer
  soccer hockey killer george andrew buster batman thomas tigger robert cheese amanda joshua silver orange cookie chelsea
  matrix mercedes corvette yankees dallas austin thunder taylor london nicole secret flower banana snoopy chicken purple
  internet samsung liverpool arsenal barcelona juventus hallo123 schatz passwort azerty motdepasse marseille contrasena
  estrella tequiero teamo qwe123 asd123 zaq12wsx p@ssw0rd changeme welcome1 password123 abcd1234 a123456 aa123456 159753
  147258369 112233 789456123 q1w2e3r4 1234qwer asdfgh lovely family spring winter autumn blink182 pokemon naruto nirvana`);

/** What people build passwords of that no list holds in full: pets, clubs, places, months, things they like. */
export const PASSWORD_STEMS = words(`
  luna bella max charlie lucky rocky simba coco milo oscar berlin madrid paris roma lisboa hamburg chicago texas boston
  tiger eagle lion wolf panda turtle dolphin butterfly angel rainbow diamond crystal guitar piano music dance coffee
  chocolate vanilla strawberry lemon january april june august october december monday friday winter sommer verano ete
  bayern dortmund milan inter ajax celtic rangers lakers bulls ferrari porsche honda yamaha harley jesus hope faith grace
  mama papa baby sweet honey happy smile star moon sun ocean forest river mountain garden rosebud sparkle shadow ninja`);

/** Things that a shop sells, the most searched first. */
export const THINGS = words(`
  shoes jacket lamp phone chair desk bag watch headphones shirt dress sofa jeans backpack coat boots keyboard mug table
  bed mirror socks rug blanket pillow laptop sneakers hat scarf curtain shelf monitor charger speaker bottle towel gloves
  belt wallet sunglasses umbrella toaster kettle vase clock cushion candle bench stool drawer cabinet mattress duvet cable
  mouse tablet camera tripod drone helmet bicycle pump tent torch hammock grill knife pan pot plate bowl glass fork spoon`);

/** What is put before them. */
export const QUALITIES = words(
  'black white red blue small large women men kids cheap wooden leather cotton steel outdoor vintage modern waterproof',
);
