/**
 * What is put behind pusher-js: an expression, called with the paths below the version prefix. It runs in browsers, so it
 * is kept as the text that they get. Where the script came from is what it connects to; what the page says comes first,
 * and after it the static settings of pages for version 3 (seed-systems.md, 2.1, A10).
 */
export const WITH_DEFAULTS = `function (scope, paths) {
  var script = document.currentScript;
  var url = new URL(script && script.src ? script.src : location.href);
  var at = url.pathname.lastIndexOf(paths.client);
  var base = at < 0 ? '' : url.pathname.slice(0, at);
  var isTls = url.protocol === 'https:';
  var port = Number(url.port) || (isTls ? 443 : 80);
  var Stock = scope.Pusher;

  function authorization(given, path) {
    var isForChannels = path === paths.auth;
    return Object.assign({
      transport: (isForChannels && Stock.channel_auth_transport) || 'ajax',
      endpoint: (isForChannels && Stock.channel_auth_endpoint) || url.origin + base + path
    }, given);
  }

  function withDefaults(given) {
    var options = Object.assign({
      cluster: '',
      wsHost: Stock.host || url.hostname,
      wsPort: Stock.ws_port || port,
      wssPort: Stock.wss_port || port,
      wsPath: base,
      forceTLS: isTls,
      enabledTransports: ['ws', 'wss']
    }, given);
    var isOld = ['authEndpoint', 'authTransport', 'authorizer'].some(function (name) { return name in options; });
    if (options.channelAuthorization || !isOld) {
      options.channelAuthorization = authorization(options.channelAuthorization || options.auth, paths.auth);
    }
    options.userAuthentication = authorization(options.userAuthentication || options.auth, paths.userAuth);
    return options;
  }

  scope.Pusher = new Proxy(Stock, {
    construct: function (target, given, made) {
      return Reflect.construct(target, [given[0], withDefaults(given[1])], made);
    }
  });
}`;
