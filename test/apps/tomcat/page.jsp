<%@ page contentType="application/json" session="true" trimDirectiveWhitespaces="true"
%><%@ page import="java.util.Base64"
%><%--
  What a servlet has of a request: the path after its parameters were cut off, the session that they or a cookie name,
  and links as encodeURL writes them. POST /login signs in; the one line for the gateway is there if it has a token.
--%><%
  String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
  if (request.getMethod().equals("POST") && path.equals("/login")) {
    String user = request.getParameter("user").replaceAll("[^a-z]", "");
    session.setAttribute("user", user);
    String token = System.getenv("ORIGIN_TOKEN");
    if (token != null) {
      String issue = "{\"sub\":\"" + user + "\"}";
      response.setHeader("Session-Issue", Base64.getUrlEncoder().withoutPadding().encodeToString(issue.getBytes()));
      response.setHeader("Session-Origin-Token", token);
    }
    response.setHeader("Location", response.encodeRedirectURL("/shop/account"));
    response.setStatus(303);
    return;
  }
  Integer visits = (Integer) session.getAttribute("visits");
  session.setAttribute("visits", visits == null ? 1 : visits + 1);
%>{
  "path": "<%= path %>",
  "visits": <%= session.getAttribute("visits") %>,
  "user": "<%= session.getAttribute("user") %>",
  "id": "<%= session.getId() %>",
  "asked": "<%= request.getRequestedSessionId() %>",
  "by": "<%= request.isRequestedSessionIdFromURL() ? "url" : request.isRequestedSessionIdFromCookie() ? "cookie" : "none" %>",
  "links": { "login": "<%= response.encodeURL("/login") %>", "account": "<%= response.encodeURL("/shop/account") %>" }
}
