/** Every screen and who may see it. `open` screens need no log-in and stand without the shell. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import { ApiError } from '@/api/http'
import { takeKeys } from '@/features/session/keys'
import { login, readSession, session } from '@/features/session/useSession'
import { allWords } from '@/i18n'

const routes: RouteRecordRaw[] = [
  { path: '/', component: () => import('@/features/feed/FeedPage.vue'), meta: { title: 'nav.feed' } },
  { path: '/post/:id', component: () => import('@/features/post/PostPage.vue'), meta: { title: 'post.title' } },
  { path: '/people', component: () => import('@/features/people/PeoplePage.vue'), meta: { title: 'nav.people' } },
  { path: '/people/:id', component: () => import('@/features/people/PersonPage.vue'), meta: { title: 'nav.people' } },
  { path: '/circles', component: () => import('@/features/circles/CirclesPage.vue'), meta: { title: 'visibility.circles', words: true } },
  { path: '/search', component: () => import('@/features/people/SearchPage.vue'), meta: { title: 'nav.search' } },
  { path: '/tag/:tag', component: () => import('@/features/tags/TagPage.vue'), meta: { title: 'tags.title' } },
  {
    path: '/chats', component: () => import('@/features/chats/ChatsLayout.vue'), meta: { title: 'nav.chats', words: true, broad: true },
    children: [
      { path: '', component: () => import('@/features/chats/NoChat.vue') },
      { path: 'requests', component: () => import('@/features/chats/RequestsPage.vue'), meta: { title: 'requests.title', beside: true } },
      { path: ':id', component: () => import('@/features/chats/ConversationPage.vue'), meta: { fill: true } },
    ],
  },
  { path: '/files', component: () => import('@/features/files/FilesPage.vue'), meta: { title: 'files.title', words: true } },
  { path: '/notifications', component: () => import('@/features/notifications/NotificationsPage.vue'), meta: { title: 'nav.notifications' } },
  { path: '/you', component: () => import('@/features/profile/YouPage.vue'), meta: { title: 'profile.title' } },
  { path: '/network', component: () => import('@/features/network/NetworkPage.vue'), meta: { title: 'network.title', words: true } },
  { path: '/settings', component: () => import('@/features/settings/SettingsPage.vue'), meta: { title: 'nav.settings' } },
  { path: '/settings/identity', component: () => import('@/features/settings/IdentityPage.vue'), meta: { title: 'settings.identity' } },
  { path: '/settings/devices', component: () => import('@/features/settings/DevicesPage.vue'), meta: { title: 'settings.devices' } },
  { path: '/settings/directories', component: () => import('@/features/settings/DirectoriesPage.vue'), meta: { title: 'settings.directories' } },
  { path: '/settings/relays', component: () => import('@/features/settings/RelaysPage.vue'), meta: { title: 'settings.relays', words: true } },
  { path: '/settings/look', component: () => import('@/features/settings/LookPage.vue'), meta: { title: 'settings.look' } },
  { path: '/settings/privacy', component: () => import('@/features/settings/PrivacyPage.vue'), meta: { title: 'settings.privacy', words: true } },
  { path: '/settings/service', component: () => import('@/features/settings/ServicePage.vue'), meta: { title: 'settings.service', words: true } },
  { path: '/settings/audit', component: () => import('@/features/settings/AuditPage.vue'), meta: { title: 'settings.audit', words: true } },
  { path: '/settings/network', component: () => import('@/features/network/NeighboursPage.vue'), meta: { title: 'nav.neighbours', words: true } },
  { path: '/setup', component: () => import('@/features/session/SetupPage.vue'), meta: { title: 'setup.title', open: true } },
  { path: '/login', component: () => import('@/features/session/LoginPage.vue'), meta: { title: 'login.title', open: true } },
  { path: '/recover', component: () => import('@/features/session/RecoverPage.vue'), meta: { title: 'recover.title', open: true } },
  { path: '/i', component: () => import('@/features/invitation/LandingPage.vue'), meta: { title: 'landing.title', open: true } },
  { path: '/g', component: () => import('@/features/invitation/GroupLanding.vue'), meta: { title: 'nav.chats', open: true, words: true } },
  { path: '/:rest(.*)*', component: () => import('@/features/shell/NotFoundPage.vue'), meta: { title: 'notfound.title' } },
]

export const router = createRouter({
  history: createWebHistory(),
  routes,
  scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
})

/** Keys in the address are taken before anything else is decided. */
async function useKeys(hash: string): Promise<string | null> {
  const keys = takeKeys(hash)
  if (keys.setup) return '/setup'
  if (!keys.login) return null
  try {
    await login({ key: keys.login })
    return '/'
  } catch (cause) {
    if (session.value?.logged_in) return '/'
    return cause instanceof ApiError && cause.code === 'used' ? '/login?used=1' : '/login'
  }
}

router.beforeEach(async (to) => {
  if (!session.value) await readSession().catch(() => undefined)
  const led = await useKeys(to.hash)
  if (led) return led
  if (to.meta.open) return to.path === '/setup' || session.value?.phase !== 'setup' || to.path === '/i' || to.path === '/g' ? true : '/setup'
  if (session.value?.phase === 'setup') return '/setup'
  if (!session.value?.logged_in || session.value.phase === 'locked') return { path: '/login', query: to.path === '/' ? {} : { to: to.fullPath } }
  return true
})

router.beforeResolve(async (to) => {
  // Without them, offline, the screen still opens.
  if (to.meta.words) await allWords().catch(() => undefined)
})
