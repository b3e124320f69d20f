/**
 * A guestbook as an image of our own: a page that takes entries and shows them, and a store for
 * them, which is a primary and replicas that it copies all to. Each is busybox's web server with
 * scripts behind it; the first argument says which of them a container is.
 */

const head = '#!/bin/sh\nprintf "Content-Type: text/plain\\r\\n\\r\\n"\n';

export const guestbookImage = {
  name: "localhost/beemesh-kubernetes-guestbook:1",
  entrypoint: ["/bin/guestbook"],
  cmd: ["page"],
  scripts: {
    "bin/guestbook": `#!/bin/sh
case $1 in
page) exec httpd -f -p 8080 -h /page ;;
primary) exec httpd -f -p 6379 -h /store ;;
replica)
  httpd -p 6379 -h /store
  until wget -q -O - "http://guestbook-primary:6379/cgi-bin/join?$POD_IP"; do sleep 0.5; done
  touch /tmp/joined
  while :; do sleep 1; done ;;
esac
`,
    "page/index.html": "<title>Guestbook</title>\n",
    "page/cgi-bin/add": `${head}wget -q -O - "http://guestbook-primary:6379/cgi-bin/keep?$QUERY_STRING"\n`,
    "page/cgi-bin/show": `${head}wget -q -O - http://guestbook-replica:6379/cgi-bin/read\n`,
    "store/cgi-bin/join": `${head}echo "$QUERY_STRING" >>/tmp/replicas\necho joined\n`,
    "store/cgi-bin/read": `${head}cat /tmp/entries 2>/dev/null\nexit 0\n`,
    "store/cgi-bin/keep": `${head}echo "$QUERY_STRING" >>/tmp/entries
for replica in $(cat /tmp/replicas 2>/dev/null); do
  wget -q -O - "http://$replica:6379/cgi-bin/keep?$QUERY_STRING" >/dev/null || exit 1
done
echo kept
`,
  },
} as const;
