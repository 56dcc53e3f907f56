// Scrolls the navigation to the page that is open.
const navigation = document.querySelector(".sidebar-scroll");
const current = document.querySelector(".sidebar-tree .current-page");
if (navigation && current) {
  navigation.scrollTop = current.getBoundingClientRect().top - navigation.getBoundingClientRect().top - navigation.clientHeight / 2;
}
